import { setTimeout as sleep } from "node:timers/promises";

const LIMIT = 10_000; // milliseconds

// Asks again and again until the answer is true (or anything that counts as it), and returns that answer.
export async function until(what, ask, limit = LIMIT) {
  const deadline = Date.now() + limit;
  for (;;) {
    const answer = await ask();
    if (answer) return answer;
    if (Date.now() > deadline) throw new Error(`waited ${limit / 1000} s in vain until ${what}`);
    await sleep(30);
  }
}
