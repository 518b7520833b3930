//! Both handshakes as a whole, row by row of what they must survive.
