/** Sends one request for the thread that waits, and wakes it with the answer. */

import { parentPort } from 'node:worker_threads';

parentPort.on('message', async ({ done, port, request: { url, ...options } }) => {
  try {
    const response = await fetch(url, { ...options, redirect: 'manual' });
    port.postMessage({ code: response.status, text: await response.text() });
  } catch (error) {
    port.postMessage({ error: `${error.message}: ${error.cause?.message ?? ''}` });
  }
  Atomics.store(done, 0, 1);
  Atomics.notify(done, 0);
});
