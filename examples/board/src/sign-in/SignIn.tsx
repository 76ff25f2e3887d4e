import { useMutation } from "@apollo/client/react";
import { useState, type FormEvent } from "react";
import { errorMessage, payloadMessage } from "../api/errors";
import { graphql } from "../gql";
import { Logo } from "../ui/icons";

const SIGN_IN = graphql(`
  mutation SignIn($input: SignInInput!) {
    signIn(input: $input) {
      errors {
        ...PayloadError
      }
      user {
        id
        workspaces(first: 1) {
          nodes {
            id
            slug
          }
        }
      }
    }
  }
`);

/** The response sets an HttpOnly cookie, so this page never handles the session's secret. */
export function SignIn({ onSignedIn }: { onSignedIn: (firstWorkspace: string | null) => void }) {
  const [signIn, { loading }] = useMutation(SIGN_IN);
  const [message, setMessage] = useState<string | null>(null);

  async function submit(event: FormEvent<HTMLFormElement>): Promise<void> {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const name = String(form.get("name"));
    const user = name.includes("@") ? { email: name } : { handle: name };
    try {
      const { data } = await signIn({ variables: { input: { user, password: String(form.get("password")) } } });
      const payload = data!.signIn;
      if (payload.errors.length) setMessage(payloadMessage(payload.errors));
      else onSignedIn(payload.user?.workspaces?.nodes[0]?.slug ?? null);
    } catch (error) {
      setMessage(errorMessage(error));
    }
  }

  return (
    <main className="sign-in">
      <form className="sign-in-form" onSubmit={(event) => void submit(event)}>
        <Logo />
        <h1>Sign in to Taskloom</h1>
        <label>
          Handle or email
          <input name="name" autoComplete="username" autoCapitalize="none" required autoFocus />
        </label>
        <label>
          Password
          <input name="password" type="password" autoComplete="current-password" required />
        </label>
        {message && <p className="form-error" role="alert">{message}</p>}
        <button className="button primary" disabled={loading}>
          {loading ? "Signing in…" : "Sign in"}
        </button>
      </form>
    </main>
  );
}
