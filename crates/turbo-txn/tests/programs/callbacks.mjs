// Encrypts and decrypts callbacks. Each input line is `encrypt VECTOR TEXT` (hex) or `decrypt DATA` (base64).
import { createCipheriv, createDecipheriv } from "node:crypto";
import { readFileSync } from "node:fs";

const key = Buffer.from(process.argv[2], "base64");
for (const line of readFileSync(0, "utf8").split("\n").filter(Boolean)) {
  const [verb, first, second] = line.split(" ");
  if (verb === "encrypt") {
    const vector = Buffer.from(first, "hex");
    const cipher = createCipheriv("aes-256-cbc", key, vector);
    const parts = [vector, cipher.update(Buffer.from(second, "hex")), cipher.final()];
    console.log(Buffer.concat(parts).toString("base64"));
  } else {
    const data = Buffer.from(first, "base64");
    const cipher = createDecipheriv("aes-256-cbc", key, data.subarray(0, 16));
    console.log(Buffer.concat([cipher.update(data.subarray(16)), cipher.final()]).toString("hex"));
  }
}
