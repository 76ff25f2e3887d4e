import { useState } from "react";
import { graphql } from "../gql";
import type { AvatarFragment } from "../gql/graphql";

graphql(`
  fragment Avatar on User {
    id
    handle
    name
    avatarUrl
  }
`);

export function Avatar({ user }: { user: AvatarFragment }) {
  const [broken, setBroken] = useState<string | null>(null);
  if (user.avatarUrl && user.avatarUrl !== broken) {
    return (
      <img
        className="avatar"
        src={user.avatarUrl}
        alt={user.name}
        title={user.name}
        referrerPolicy="no-referrer"
        onError={() => setBroken(user.avatarUrl)}
      />
    );
  }
  return (
    <span className="avatar" role="img" aria-label={user.name} title={user.name} style={{ "--hue": hue(user.id) }}>
      {initials(user.name)}
    </span>
  );
}

export function Avatars({ users }: { users: readonly AvatarFragment[] }) {
  const shown = users.length > 3 ? users.slice(0, 2) : users;
  return (
    <span className="avatars">
      {shown.map((user) => <Avatar key={user.id} user={user} />)}
      {shown.length < users.length && <span className="avatar more">+{users.length - shown.length}</span>}
    </span>
  );
}

function initials(name: string): string {
  const words = name.split(/\s+/).filter(Boolean);
  return [words[0], words.length > 1 ? words.at(-1) : undefined]
    .map((word) => [...(word ?? "")][0] ?? "")
    .join("")
    .toUpperCase();
}

/** Spread the hues of people whose IDs differ only a little. */
function hue(id: string): number {
  let hash = 0;
  for (const character of id) hash = (hash * 31 + character.charCodeAt(0)) >>> 0;
  return hash % 360;
}
