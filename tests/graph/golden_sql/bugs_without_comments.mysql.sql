SELECT access_tokens.id, access_tokens.name, access_tokens.prefix, access_tokens.scope, access_tokens.workspace_id, access_tokens.sends_anything, access_tokens.revoked_at, access_tokens.parent_id, access_tokens.last_used_at, access_tokens.digest, access_tokens.created_at, access_tokens.expires_at, access_tokens.user_id, users.id AS id_1, users.handle, users.name AS name_1, users.email, users.avatar_url, users.disabled_at, users.created_at AS created_at_1, users.updated_at, users.version, (SELECT json_arrayagg(concat(hex(memberships.workspace_id), %s, memberships.role)) AS json_arrayagg_1
FROM memberships
WHERE memberships.user_id = users.id AND (access_tokens.workspace_id IS NULL OR access_tokens.workspace_id = memberships.workspace_id)) AS anon_1
FROM access_tokens INNER JOIN users ON users.id = access_tokens.user_id
WHERE access_tokens.digest = %s AND (access_tokens.expires_at IS NULL OR access_tokens.expires_at > %s) AND access_tokens.revoked_at IS NULL AND users.disabled_at IS NULL;

SELECT assignments.task_id AS parent_, users.handle AS handle
FROM users INNER JOIN assignments ON assignments.user_id = users.id
WHERE (users.id = %s OR users.id IN (SELECT memberships_1.user_id
FROM memberships AS memberships_1
WHERE memberships_1.workspace_id = %s)) AND assignments.task_id IN (%s, %s, %s, %s, %s, %s, %s, %s) ORDER BY users.handle ASC, users.id ASC;

SELECT labelings.task_id AS parent_, labels.name AS name
FROM labels INNER JOIN labelings ON labelings.label_id = labels.id
WHERE labels.workspace_id = %s AND labelings.task_id IN (%s, %s, %s, %s, %s, %s, %s, %s) ORDER BY labels.name ASC, labels.id ASC;

SELECT projects.id AS id, projects.`key` AS `key`
FROM projects
WHERE projects.workspace_id = %s AND projects.id IN (%s, %s, %s, %s);

SELECT states.id AS id, states.name AS name
FROM states
WHERE states.workspace_id = %s AND states.id IN (%s, %s);

SELECT tasks.workspace_id AS parent_, tasks.number AS number, tasks.project_id AS project_id, tasks.title AS title, tasks.priority AS priority, tasks.due_on AS due_on, tasks.state_id AS state_id, tasks.id AS id, tasks.created_at AS created_at
FROM tasks
WHERE tasks.workspace_id = %s AND tasks.deleted_at IS NULL AND tasks.archived_at IS NULL AND tasks.id IN (SELECT labelings_1.task_id
FROM labels AS labels_1 INNER JOIN labelings AS labelings_1 ON labelings_1.label_id = labels_1.id
WHERE labels_1.workspace_id = %s AND labels_1.name = %s) AND NOT (EXISTS (SELECT comments_1.id
FROM comments AS comments_1
WHERE comments_1.workspace_id = %s AND comments_1.task_id = tasks.id)) AND tasks.workspace_id = %s ORDER BY tasks.created_at DESC, tasks.id DESC
 LIMIT %s;

SELECT workspaces.slug AS key_0, workspaces.id AS id
FROM workspaces
WHERE workspaces.id = %s AND workspaces.slug = %s;
