SELECT access_tokens.id, access_tokens.name, access_tokens.prefix, access_tokens.scope, access_tokens.workspace_id, access_tokens.sends_anything, access_tokens.revoked_at, access_tokens.parent_id, access_tokens.last_used_at, access_tokens.digest, access_tokens.created_at, access_tokens.expires_at, access_tokens.user_id, users.id AS id_1, users.handle, users.name AS name_1, users.email, users.disabled_at, users.created_at AS created_at_1, users.updated_at, users.version, (SELECT CAST(json_agg(CAST(memberships.workspace_id AS VARCHAR(36)) || $1::VARCHAR || memberships.role) AS TEXT) AS json_agg_1
FROM memberships
WHERE memberships.user_id = users.id AND (access_tokens.workspace_id IS NULL OR access_tokens.workspace_id = memberships.workspace_id)) AS anon_1
FROM access_tokens JOIN users ON users.id = access_tokens.user_id
WHERE access_tokens.digest = ANY ($2::BYTEA[]) AND (access_tokens.expires_at IS NULL OR access_tokens.expires_at > $3::TIMESTAMP WITH TIME ZONE) AND access_tokens.revoked_at IS NULL AND users.disabled_at IS NULL;

SELECT assignments.task_id AS parent_, users.id, users.handle, users.name, users.email, users.disabled_at, users.created_at, users.updated_at, users.version
FROM users JOIN assignments ON assignments.user_id = users.id
WHERE (users.id = $1::UUID OR users.id IN (SELECT memberships_1.user_id
FROM memberships AS memberships_1
WHERE memberships_1.workspace_id = $2::UUID)) AND assignments.task_id = ANY ($3::UUID[]) ORDER BY users.handle ASC, users.id ASC;

SELECT labelings.task_id AS parent_, labels.id, labels.workspace_id, labels.name, labels.color, labels.created_at, labels.updated_at, labels.version
FROM labels JOIN labelings ON labelings.label_id = labels.id
WHERE labels.workspace_id = $1::UUID AND labelings.task_id = ANY ($2::UUID[]) ORDER BY labels.name ASC, labels.id ASC;

SELECT projects.id, projects.workspace_id, projects.key, projects.name, projects.archived_at, projects.last_number, projects.source_url, projects.lead_id, projects.created_at, projects.updated_at, projects.version
FROM projects
WHERE projects.workspace_id = $1::UUID AND projects.id = ANY ($2::UUID[]);

SELECT states.id, states.workspace_id, states.name, states.category, states.color, states.position, states.created_at, states.updated_at, states.version
FROM states
WHERE states.workspace_id = $1::UUID AND states.id = ANY ($2::UUID[]);

SELECT tasks.workspace_id AS parent_, tasks.id, tasks.workspace_id, tasks.project_id, tasks.number, tasks.title, tasks.priority, tasks.estimate, tasks.due_on, tasks.rank, tasks.started_at, tasks.closed_at, tasks.archived_at, tasks.deleted_at, tasks.source_url, tasks.state_id, tasks.creator_id, tasks.milestone_id, tasks.parent_id, tasks.created_at, tasks.updated_at, tasks.version
FROM tasks
WHERE tasks.workspace_id = $1::UUID AND tasks.deleted_at IS NULL AND tasks.archived_at IS NULL AND tasks.updated_at < $2::TIMESTAMP WITH TIME ZONE AND tasks.closed_at IS NULL AND tasks.workspace_id = $3::UUID ORDER BY tasks.updated_at ASC, tasks.id ASC
 LIMIT $4::INTEGER;

SELECT workspaces.id, workspaces.slug, workspaces.name, workspaces.sequence, workspaces.created_at, workspaces.updated_at, workspaces.version
FROM workspaces
WHERE workspaces.id = $1::UUID AND workspaces.slug = $2::VARCHAR;
