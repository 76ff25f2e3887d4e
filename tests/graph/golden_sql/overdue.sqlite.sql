SELECT access_tokens.id, access_tokens.name, access_tokens.prefix, access_tokens.scope, access_tokens.workspace_id, access_tokens.sends_anything, access_tokens.revoked_at, access_tokens.parent_id, access_tokens.last_used_at, access_tokens.digest, access_tokens.created_at, access_tokens.expires_at, access_tokens.user_id, users.id AS id_1, users.handle, users.name AS name_1, users.email, users.disabled_at, users.created_at AS created_at_1, users.updated_at, users.version, (SELECT json_group_array(hex(memberships.workspace_id) || ? || memberships.role) AS json_group_array_1
FROM memberships
WHERE memberships.user_id = users.id AND (access_tokens.workspace_id IS NULL OR access_tokens.workspace_id = memberships.workspace_id)) AS anon_1
FROM access_tokens JOIN users ON users.id = access_tokens.user_id
WHERE access_tokens.digest IN (?) AND (access_tokens.expires_at IS NULL OR access_tokens.expires_at > ?) AND access_tokens.revoked_at IS NULL AND users.disabled_at IS NULL;

SELECT assignments.task_id AS parent_, users.id, users.handle, users.name, users.email, users.disabled_at, users.created_at, users.updated_at, users.version
FROM users JOIN assignments ON assignments.user_id = users.id
WHERE (users.id = ? OR users.id IN (SELECT memberships_1.user_id
FROM memberships AS memberships_1
WHERE memberships_1.workspace_id = ?)) AND assignments.task_id IN (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ORDER BY users.handle ASC, users.id ASC;

SELECT labelings.task_id AS parent_, labels.id, labels.workspace_id, labels.name, labels.color, labels.created_at, labels.updated_at, labels.version
FROM labels JOIN labelings ON labelings.label_id = labels.id
WHERE labels.workspace_id = ? AND labelings.task_id IN (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ORDER BY labels.name ASC, labels.id ASC;

SELECT projects.id, projects.workspace_id, projects."key", projects.name, projects.archived_at, projects.last_number, projects.source_url, projects.lead_id, projects.created_at, projects.updated_at, projects.version
FROM projects
WHERE projects.workspace_id = ? AND projects.id IN (?, ?, ?, ?, ?, ?, ?, ?);

SELECT states.id, states.workspace_id, states.name, states.category, states.color, states.position, states.created_at, states.updated_at, states.version
FROM states
WHERE states.workspace_id = ? AND states.id IN (?, ?, ?, ?);

SELECT tasks.workspace_id AS parent_, tasks.id, tasks.workspace_id, tasks.project_id, tasks.number, tasks.title, tasks.priority, tasks.estimate, tasks.due_on, tasks.rank, tasks.started_at, tasks.closed_at, tasks.archived_at, tasks.deleted_at, tasks.source_url, tasks.state_id, tasks.creator_id, tasks.milestone_id, tasks.parent_id, tasks.created_at, tasks.updated_at, tasks.version
FROM tasks
WHERE tasks.workspace_id = ? AND tasks.deleted_at IS NULL AND tasks.archived_at IS NULL AND tasks.due_on < ? AND tasks.closed_at IS NULL AND tasks.workspace_id = ? AND tasks.due_on IS NOT NULL ORDER BY tasks.due_on ASC, tasks.id ASC
 LIMIT ? OFFSET ?;

SELECT workspaces.id, workspaces.slug, workspaces.name, workspaces.sequence, workspaces.created_at, workspaces.updated_at, workspaces.version
FROM workspaces
WHERE workspaces.id = ? AND workspaces.slug = ?;
