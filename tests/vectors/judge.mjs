// Checks webhooks.json independently: whether each signature matches, and whether each callback decrypts to an order.
//
// It does not read the bodies of webhooks, so it treats "accepted" and "unreadable" alike. It skips forms and invalid
// secrets.
//
// node judge.mjs webhooks.json

import { createDecipheriv, createHmac, timingSafeEqual } from 'node:crypto';
import { readFileSync } from 'node:fs';

const file = JSON.parse(readFileSync(process.argv[2], 'utf8'));

let [judged, wrong, skipped] = [0, 0, 0];
for (const vector of file.vectors) {
  if (vector.expect === 'invalid-secret' || vector.provider === 'card3ds') {
    skipped += 1;
    continue;
  }
  judged += 1;
  if (!isAsExpected(vector)) {
    wrong += 1;
    console.log(`${vector.provider}: ${vector.name}: not ${vector.expect}`);
  }
}
console.log(`${judged} vectors judged, ${wrong} wrong, ${skipped} skipped`);
process.exitCode = wrong === 0 ? 0 : 1;

function isAsExpected(vector) {
  const body = bytes(vector.body);
  if (body.length > rulesOf(vector).longest_body) return vector.expect === 'rejected';
  if (vector.provider === 'turbo-txn') {
    const order = decrypt(vector, body);
    return vector.expect === (order === undefined ? 'rejected' : 'hint') && vector.reads?.order === order;
  }
  const verified = (vector.provider === 'turratech' ? turratech : turbopay)(vector, body);
  return verified === ['accepted', 'unreadable'].includes(vector.expect);
}

function rulesOf(vector) {
  return file.rules.find((rules) => rules.provider === vector.provider && rules.kind === vector.kind);
}

function bytes(value) {
  if (typeof value === 'string') return Buffer.from(value, 'utf8');
  if ('base64' in value) return Buffer.from(value.base64, 'base64');
  if ('repeat' in value) return Buffer.concat(Array(value.times).fill(bytes(value.repeat)));
  return Buffer.concat(value.parts.map(bytes));
}

function turratech(vector, body) {
  const rules = rulesOf(vector);
  const entries = (signatureHeader(vector) ?? '').split(',', rules.entries);
  const times = entries.filter((entry) => entry.startsWith('t=')).map((entry) => entry.slice(2));
  if (times.length !== 1 || !/^(0|[1-9][0-9]*)$/.test(times[0])) return false;
  const distance = BigInt(times[0]) - BigInt(vector.clock);
  if (distance > rules.tolerance || distance < -rules.tolerance) return false;
  const signatures = entries.filter((entry) => /^v1=[0-9a-fA-F]{64}$/.test(entry));
  const message = Buffer.concat([Buffer.from(`${times[0]}.`), body]);
  return isSigned(vector, message, signatures.map((entry) => Buffer.from(entry.slice(3), 'hex')));
}

function turbopay(vector, body) {
  const text = signatureHeader(vector) ?? '';
  const isHex = /^[0-9a-fA-F]{64}$/.test(text);
  const signature = isHex ? Buffer.from(text, 'hex') : strictBase64(text);
  return signature !== undefined && isSigned(vector, body, [signature]);
}

/** The value of the signature header, if the header is there exactly once. */
function signatureHeader(vector) {
  const { header } = rulesOf(vector);
  const values = vector.headers?.filter(([name]) => name.toLowerCase() === header) ?? [];
  return values.length === 1 ? bytes(values[0][1]).toString('latin1') : undefined;
}

function isSigned(vector, message, signatures) {
  return vector.secrets.some((secret) => {
    const tag = createHmac('sha256', bytes(secret)).update(message).digest();
    return signatures.some((signature) => signature.length === 32 && timingSafeEqual(tag, signature));
  });
}

/** The order that the callback decrypts to. All failures return `undefined`. */
function decrypt(vector, body) {
  const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  try {
    const data = anyBase64(member(utf8.decode(body), 'encryptedData'));
    for (const secret of vector.secrets) {
      try {
        const key = Buffer.from(bytes(secret).toString(), 'base64');
        const cipher = createDecipheriv('aes-256-cbc', key, data.subarray(0, 16));
        const text = Buffer.concat([cipher.update(data.subarray(16)), cipher.final()]);
        const order = member(utf8.decode(text), 'orderId');
        if (/^[\x21-\x7e]{1,100}$/.test(order)) return order;
      } catch {
        // Another key may decrypt it.
      }
    }
  } catch {
    // Fall through: the error does not matter.
  }
  return undefined;
}

/** Decodes canonical base64 only: Node's decoder is lenient, but then the result does not encode to the same text. */
function strictBase64(text) {
  const decoded = Buffer.from(text, 'base64');
  return decoded.toString('base64') === text ? decoded : undefined;
}

/** Decodes base64 of the standard or the URL-safe alphabet. Line breaks are ignored; padding is optional. */
function anyBase64(text) {
  const standard = text.replace(/[\r\n]/g, '').replace(/-/g, '+').replace(/_/g, '/');
  const digits = standard.replace(/={0,2}$/, '');
  const padded = digits.padEnd(Math.ceil(digits.length / 4) * 4, '=');
  if (standard.length > padded.length) throw new Error('too much padding');
  return strictBase64(padded);
}

/** A string member that occurs in an object exactly once. */
function member(json, name) {
  const object = JSON.parse(json);
  if (Array.isArray(object) || json.split(`"${name}"`).length !== 2) throw new Error('not exactly once');
  if (typeof object[name] !== 'string') throw new Error('not a string');
  return object[name];
}
