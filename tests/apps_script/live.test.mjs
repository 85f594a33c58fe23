/**
 * Code.gs against a ServiceDesk that runs. The mails are those of MAILS, a JSON file:
 * [{"id", "file", "internal_date", "size_estimate"}]; the caller looks at what the server stored.
 */

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, test } from 'node:test';

import { FakeGmail, LoopbackServer, loadScript } from './fakes.mjs';

const { SERVICEDESK_URL, WEBHOOK_SECRET, MAILS } = process.env;
const options = {
  skip: SERVICEDESK_URL && WEBHOOK_SECRET && MAILS ? false : 'no ServiceDesk is named',
};

const server = options.skip ? null : new LoopbackServer();
after(() => server?.close());

/** A mailbox that is set up with this server. */
function install(secret) {
  const gmail = new FakeGmail();
  const properties = {
    WEBHOOK_URL: `${SERVICEDESK_URL}/requests/webhook/email/`,
    WEBHOOK_SECRET: secret,
  };
  return { gmail, world: loadScript({ gmail, server, properties }) };
}

/** Runs the script once and returns what the server answered, by id. */
function run(world) {
  const before = server.requests.length;
  world.call('sendNewMail');
  const answers = server.requests.slice(before);
  assert.deepEqual([...new Set(answers.map(({ code }) => code))], [202], answers.at(-1)?.text);
  const results = answers.flatMap(({ text }) => JSON.parse(text).results);
  return Object.fromEntries(results.map(({ id, status }) => [id, status]));
}

test('the server takes every mail once, by a signature over its very bytes', options, () => {
  const mails = JSON.parse(readFileSync(MAILS, 'utf8'));
  const all = (status) => Object.fromEntries(mails.map(({ id }) => [id, status]));
  const { gmail, world } = install(WEBHOOK_SECRET);
  world.call('setup');
  for (const { id, file, internal_date: internalDate, size_estimate: sizeEstimate } of mails) {
    gmail.deliver(id, readFileSync(file), { internalDate, sizeEstimate });
  }

  assert.deepEqual(run(world), all('accepted'));
  assert.deepEqual(gmail.labelled('TriggerMail'), []);
  assert.deepEqual(gmail.labelled('TriggerMail/Failed'), []);

  const label = world.properties.get('TRIGGER_LABEL_ID');
  for (const { labels } of gmail.messages.values()) labels.add(label);
  assert.deepEqual(run(world), all('duplicate'));
  assert.deepEqual(gmail.labelled('TriggerMail'), []);
  assert.deepEqual(
    world.log.filter((line) => !line.startsWith('log:')),
    [],
  );
});

test('the server refuses another secret, and setup says so', options, () => {
  const { world } = install(`whsec_${Buffer.alloc(32, 7).toString('base64')}`);

  assert.throws(() => world.call('setup'), { message: /answered 401.*WEBHOOK_SECRET/ });
});
