SELECT access_tokens.id, access_tokens.name, access_tokens.prefix, access_tokens.scope, access_tokens.workspace_id, access_tokens.sends_anything, access_tokens.revoked_at, access_tokens.parent_id, access_tokens.last_used_at, access_tokens.digest, access_tokens.created_at, access_tokens.expires_at, access_tokens.user_id, users.id AS id_1, users.handle, users.name AS name_1, users.email, users.avatar_url, users.disabled_at, users.created_at AS created_at_1, users.updated_at, users.version, (SELECT json_group_array(hex(memberships.workspace_id) || ? || memberships.role) AS json_group_array_1
FROM memberships
WHERE memberships.user_id = users.id AND (access_tokens.workspace_id IS NULL OR access_tokens.workspace_id = memberships.workspace_id)) AS anon_1
FROM access_tokens JOIN users ON users.id = access_tokens.user_id
WHERE access_tokens.digest = ? AND (access_tokens.expires_at IS NULL OR access_tokens.expires_at > ?) AND access_tokens.revoked_at IS NULL AND users.disabled_at IS NULL;

SELECT comments.task_id AS parent, count(*) AS count
FROM comments
WHERE comments.workspace_id = ? AND comments.task_id = ? GROUP BY comments.task_id;

SELECT comments.task_id AS parent_, comments.body AS body, comments.author_id AS author_id
FROM comments
WHERE comments.workspace_id = ? AND comments.task_id = ? ORDER BY comments.created_at ASC, comments.id ASC
 LIMIT ? OFFSET ?;

SELECT projects.id AS id, projects."key" AS "key"
FROM projects
WHERE projects.workspace_id = ? AND projects.id IN (?, ?);

SELECT projects.workspace_id AS key_0, projects."key" AS key_1, tasks.number AS key_2, tasks.title AS title, tasks.body AS body, tasks.state_id AS state_id, tasks.creator_id AS creator_id, tasks.parent_id AS parent_id, tasks.milestone_id AS milestone_id, tasks.id AS id
FROM tasks JOIN projects ON projects.id = tasks.project_id
WHERE tasks.workspace_id = ? AND projects.workspace_id = ? AND projects."key" = ? AND tasks.number = ?;

SELECT states.id AS id, states.name AS name
FROM states
WHERE states.workspace_id = ? AND states.id = ?;

SELECT task_links.task_id AS parent_, task_links.kind AS kind, task_links.other_id AS other_id
FROM task_links
WHERE task_links.workspace_id = ? AND task_links.task_id = ? ORDER BY task_links.created_at ASC, task_links.id ASC;

SELECT tasks.id AS id, tasks.number AS number, tasks.project_id AS project_id
FROM tasks
WHERE tasks.workspace_id = ? AND tasks.id = ?;

SELECT tasks.parent_id AS parent_, tasks.number AS number, tasks.project_id AS project_id, tasks.title AS title
FROM tasks
WHERE tasks.workspace_id = ? AND tasks.deleted_at IS NULL AND tasks.archived_at IS NULL AND tasks.parent_id = ? ORDER BY tasks.created_at DESC, tasks.id DESC
 LIMIT ? OFFSET ?;

SELECT users.id AS id, users.handle AS handle
FROM users
WHERE (users.id = ? OR users.id IN (SELECT memberships_1.user_id
FROM memberships AS memberships_1
WHERE memberships_1.workspace_id = ?)) AND users.id = ?;

SELECT workspaces.slug AS key_0, workspaces.id AS id
FROM workspaces
WHERE workspaces.id = ? AND workspaces.slug = ?;
