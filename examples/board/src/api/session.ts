/** How the browser is signed in: with the server's HttpOnly cookie, or with a token from a link. */

const KEY = "taskloom-token";
const signedOut = new Set<() => void>();

/** A link such as /#token=tsk_… signs in for this tab. Fragments are not sent to servers or logged. */
export function takeTokenFromLocation(): void {
  const token = new URLSearchParams(window.location.hash.slice(1)).get("token");
  if (!token) return;
  sessionStorage.setItem(KEY, token);
  window.history.replaceState(null, "", window.location.pathname + window.location.search);
}

export function readToken(): string | null {
  return sessionStorage.getItem(KEY);
}

export function forgetToken(): void {
  sessionStorage.removeItem(KEY);
}

/** Call back when a response says that nobody is signed in. */
export function onSignedOut(listener: () => void): () => void {
  signedOut.add(listener);
  return () => signedOut.delete(listener);
}

export function reportSignedOut(): void {
  forgetToken();
  for (const listener of signedOut) listener();
}
