-- 1
BEGIN IMMEDIATE

-- 2
SELECT projects.id, projects.workspace_id, projects."key", projects.name, projects.description, projects.archived_at, projects.last_number, projects.source_url, projects.lead_id, projects.created_at, projects.updated_at, projects.version 
FROM projects 
WHERE projects.workspace_id = ? AND projects.id IN (?) ORDER BY projects.id

-- 3
SELECT states.id, states.workspace_id, states.name, states.category, states.color, states.position, states.created_at, states.updated_at, states.version, (SELECT max(tasks.rank) AS max_1 
FROM tasks 
WHERE tasks.workspace_id = ? AND tasks.workspace_id = ?) AS anon_1 
FROM states 
WHERE states.workspace_id = ? AND states.workspace_id = ? ORDER BY states.position, states.id
 LIMIT ? OFFSET ?

-- 4
INSERT INTO tasks (id, workspace_id, project_id, number, title, body, priority, estimate, due_on, rank, started_at, closed_at, archived_at, deleted_at, source_url, state_id, creator_id, milestone_id, parent_id, created_at, updated_at, version) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)

-- 5
UPDATE projects SET last_number=? WHERE projects.id = ?

-- 6
UPDATE workspaces SET sequence=(workspaces.sequence + ?) WHERE workspaces.id = ? RETURNING sequence

-- 7
INSERT INTO changes (workspace_id, sequence, at, kind, actor_id, subject_type, subject_id, project_id, fields) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)

-- 8
SELECT memberships.workspace_id, memberships.role 
FROM access_tokens JOIN users ON users.id = access_tokens.user_id LEFT OUTER JOIN memberships ON memberships.user_id = users.id AND memberships.workspace_id IN (?) 
WHERE access_tokens.id = ? AND (access_tokens.expires_at IS NULL OR access_tokens.expires_at > ?) AND access_tokens.revoked_at IS NULL AND users.disabled_at IS NULL
