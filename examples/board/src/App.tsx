import { useApolloClient } from "@apollo/client/react";
import { useEffect, useState } from "react";
import { onSignedOut } from "./api/session";
import { Board } from "./board/Board";
import { navigate, pathTo, useLocation } from "./router";
import { Home } from "./sign-in/Home";
import { SignIn } from "./sign-in/SignIn";
import { Toasts } from "./ui/toasts";

export function App() {
  const client = useApolloClient();
  const location = useLocation();
  const [isSignedOut, setSignedOut] = useState(false);

  useEffect(() => onSignedOut(() => {
    setSignedOut(true);
    void client.clearStore();
  }), [client]);

  const enter = (firstWorkspace: string | null) => {
    setSignedOut(false);
    if (!location.workspace && firstWorkspace) navigate(pathTo(firstWorkspace, null, ""), { replace: true });
  };

  return (
    <>
      {isSignedOut ? (
        <SignIn onSignedIn={enter} />
      ) : location.workspace ? (
        <Board key={location.workspace} slug={location.workspace} />
      ) : (
        <Home />
      )}
      <Toasts />
    </>
  );
}
