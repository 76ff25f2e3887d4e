SELECT access_tokens.id, access_tokens.name, access_tokens.prefix, access_tokens.scope, access_tokens.workspace_id, access_tokens.sends_anything, access_tokens.revoked_at, access_tokens.parent_id, access_tokens.last_used_at, access_tokens.digest, access_tokens.created_at, access_tokens.expires_at, access_tokens.user_id, users.id AS id_1, users.handle, users.name AS name_1, users.email, users.disabled_at, users.created_at AS created_at_1, users.updated_at, users.version, (SELECT CAST(json_agg(CAST(memberships.workspace_id AS VARCHAR(36)) || $1::VARCHAR || memberships.role) AS TEXT) AS json_agg_1
FROM memberships
WHERE memberships.user_id = users.id AND (access_tokens.workspace_id IS NULL OR access_tokens.workspace_id = memberships.workspace_id)) AS anon_1
FROM access_tokens JOIN users ON users.id = access_tokens.user_id
WHERE access_tokens.digest = ANY ($2::BYTEA[]) AND (access_tokens.expires_at IS NULL OR access_tokens.expires_at > $3::TIMESTAMP WITH TIME ZONE) AND access_tokens.revoked_at IS NULL AND users.disabled_at IS NULL;

SELECT comments.task_id AS parent, count(*) AS count
FROM comments
WHERE comments.workspace_id = $1::UUID AND comments.task_id = $2::UUID GROUP BY comments.task_id;

SELECT comments.task_id AS parent_, comments.id, comments.workspace_id, comments.task_id, comments.body, comments.edited_at, comments.author_id, comments.created_at, comments.updated_at, comments.version
FROM comments
WHERE comments.workspace_id = $1::UUID AND comments.task_id = $2::UUID ORDER BY comments.created_at ASC, comments.id ASC
 LIMIT $3::INTEGER;

SELECT projects.id, projects.workspace_id, projects.key, projects.name, projects.archived_at, projects.last_number, projects.source_url, projects.lead_id, projects.created_at, projects.updated_at, projects.version
FROM projects
WHERE projects.workspace_id = $1::UUID AND projects.id = $2::UUID;

SELECT projects.id, projects.workspace_id, projects.key, projects.name, projects.archived_at, projects.last_number, projects.source_url, projects.lead_id, projects.created_at, projects.updated_at, projects.version
FROM projects
WHERE projects.workspace_id = $1::UUID AND projects.id = $2::UUID;

SELECT projects.workspace_id AS key_0, projects.key AS key_1, tasks.number AS key_2, tasks.id, tasks.workspace_id, tasks.project_id, tasks.number, tasks.title, tasks.body, tasks.priority, tasks.estimate, tasks.due_on, tasks.rank, tasks.started_at, tasks.closed_at, tasks.archived_at, tasks.deleted_at, tasks.source_url, tasks.state_id, tasks.creator_id, tasks.milestone_id, tasks.parent_id, tasks.created_at, tasks.updated_at, tasks.version
FROM tasks JOIN projects ON projects.id = tasks.project_id
WHERE tasks.workspace_id = $1::UUID AND (projects.workspace_id, projects.key, tasks.number) IN (($2, $3, $4));

SELECT states.id, states.workspace_id, states.name, states.category, states.color, states.position, states.created_at, states.updated_at, states.version
FROM states
WHERE states.workspace_id = $1::UUID AND states.id = $2::UUID;

SELECT task_links.task_id AS parent_, task_links.id, task_links.workspace_id, task_links.task_id, task_links.kind, task_links.other_id, task_links.created_at
FROM task_links
WHERE task_links.workspace_id = $1::UUID AND task_links.task_id = $2::UUID ORDER BY task_links.created_at ASC, task_links.id ASC;

SELECT tasks.id, tasks.workspace_id, tasks.project_id, tasks.number, tasks.title, tasks.body, tasks.priority, tasks.estimate, tasks.due_on, tasks.rank, tasks.started_at, tasks.closed_at, tasks.archived_at, tasks.deleted_at, tasks.source_url, tasks.state_id, tasks.creator_id, tasks.milestone_id, tasks.parent_id, tasks.created_at, tasks.updated_at, tasks.version
FROM tasks
WHERE tasks.workspace_id = $1::UUID AND tasks.id = $2::UUID;

SELECT tasks.parent_id AS parent_, tasks.id, tasks.workspace_id, tasks.project_id, tasks.number, tasks.title, tasks.body, tasks.priority, tasks.estimate, tasks.due_on, tasks.rank, tasks.started_at, tasks.closed_at, tasks.archived_at, tasks.deleted_at, tasks.source_url, tasks.state_id, tasks.creator_id, tasks.milestone_id, tasks.parent_id, tasks.created_at, tasks.updated_at, tasks.version
FROM tasks
WHERE tasks.workspace_id = $1::UUID AND tasks.deleted_at IS NULL AND tasks.archived_at IS NULL AND tasks.parent_id = $2::UUID ORDER BY tasks.created_at DESC, tasks.id DESC
 LIMIT $3::INTEGER;

SELECT users.id, users.handle, users.name, users.email, users.disabled_at, users.created_at, users.updated_at, users.version
FROM users
WHERE (users.id = $1::UUID OR users.id IN (SELECT memberships_1.user_id
FROM memberships AS memberships_1
WHERE memberships_1.workspace_id = $2::UUID)) AND users.id = $3::UUID;

SELECT workspaces.id, workspaces.slug, workspaces.name, workspaces.sequence, workspaces.created_at, workspaces.updated_at, workspaces.version
FROM workspaces
WHERE workspaces.id = $1::UUID AND workspaces.slug = $2::VARCHAR;
