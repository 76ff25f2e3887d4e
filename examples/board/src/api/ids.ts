/** An ID that the client chooses, so that it can name an object before the response arrives. */
export function newId(type: "task" | "comment"): string {
  // `crypto.randomUUID` exists on HTTPS and localhost only.
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6]! & 0x0f) | 0x40;
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  return `${type}_${Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("")}`;
}
