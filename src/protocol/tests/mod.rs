//! Tests of the rooms of the protocol together.
