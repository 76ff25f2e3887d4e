import { useRef, useState, type FormEvent } from "react";
import { useStore } from "../store";
import { createToken, signIn, signOut, workspaceSlug, type Viewer } from "./viewer";

/** Who is signed in, the workspace of the examples, and tokens. */
export function Account({ viewer, failure }: { viewer: Viewer | null; failure: string | null }) {
  const slug = useStore(workspaceSlug);
  const signInDialog = useRef<HTMLDialogElement>(null);
  const tokenDialog = useRef<HTMLDialogElement>(null);
  const [error, setError] = useState<string | null>(failure);
  const leave = () =>
    signOut().then(
      () => window.location.reload(),
      (reason: Error) => setError(`Not signed out: ${reason.message}`),
    );

  if (!viewer) {
    return (
      <div className="account">
        {error ? <span role="alert" className="error">{error}</span> : <span className="muted">Not signed in</span>}
        <button className="button primary" onClick={() => signInDialog.current?.showModal()}>Sign in</button>
        <SignIn dialog={signInDialog} />
      </div>
    );
  }
  return (
    <div className="account">
      <label className="visually-hidden" htmlFor="workspace">Workspace of the examples</label>
      <select id="workspace" value={slug} onChange={(event) => { workspaceSlug.set(event.target.value); }}>
        {viewer.workspaces.map((one) => <option key={one.slug} value={one.slug}>{one.name}</option>)}
      </select>
      <button className="button" onClick={() => tokenDialog.current?.showModal()}>New token</button>
      <span className="who" title={viewer.name}>{viewer.handle}</span>
      <button className="button" onClick={() => void leave()}>Sign out</button>
      {error && <span role="alert" className="error">{error}</span>}
      <NewToken dialog={tokenDialog} />
    </div>
  );
}

type DialogProps = { dialog: React.RefObject<HTMLDialogElement | null> };

function SignIn({ dialog }: DialogProps) {
  const [error, setError] = useState<string | null>(null);
  const submit = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    try {
      const failure = await signIn(String(form.get("user")), String(form.get("password")));
      if (failure) setError(failure);
      else window.location.reload();
    } catch (failure) {
      setError((failure as Error).message);
    }
  };
  return (
    <dialog ref={dialog} aria-labelledby="sign-in-title">
      <form onSubmit={(event) => void submit(event)}>
        <h2 id="sign-in-title">Sign in</h2>
        <label>Handle or email<input name="user" autoComplete="username" required autoFocus /></label>
        <label>Password<input name="password" type="password" autoComplete="current-password" required /></label>
        {error && <p role="alert" className="error">{error}</p>}
        <p className="muted">
          The operator can print a link that signs you in: <code>taskloom user sign-in-link HANDLE</code>
        </p>
        <footer>
          <button type="button" className="button" onClick={() => dialog.current?.close()}>Cancel</button>
          <button className="button primary">Sign in</button>
        </footer>
      </form>
    </dialog>
  );
}

function NewToken({ dialog }: DialogProps) {
  const [token, setToken] = useState<string | null>(null);
  const [error, setError] = useState<string | null>(null);
  const create = async (scope: string) => {
    try {
      const created = await createToken("explorer", scope);
      setToken(created.token ?? null);
      setError(created.error ?? null);
    } catch (failure) {
      setError((failure as Error).message);
    }
  };
  const close = () => {
    setToken(null);
    setError(null);
    dialog.current?.close();
  };
  return (
    <dialog ref={dialog} aria-labelledby="token-title" onClose={() => { setToken(null); setError(null); }}>
      <h2 id="token-title">Personal token</h2>
      {token ? (
        <>
          <p>Copy it now. It is not shown again.</p>
          <output className="token" data-token>{token}</output>
          <p className="muted">Send it as the header <code>Authorization: Bearer …</code></p>
        </>
      ) : (
        <p>A program sends it instead of your password. It is valid until you revoke it.</p>
      )}
      {error && <p role="alert" className="error">{error}</p>}
      <footer>
        {token ? (
          <button className="button" onClick={() => void navigator.clipboard.writeText(token)}>Copy</button>
        ) : (
          <>
            <button className="button primary" onClick={() => void create("READ")}>Create: may read</button>
            <button className="button" onClick={() => void create("WRITE")}>Create: may read and write</button>
          </>
        )}
        <button className="button" onClick={close}>Close</button>
      </footer>
    </dialog>
  );
}
