-- 1
SELECT tasks.id, tasks.workspace_id, tasks.project_id, tasks.number, tasks.title, tasks.`body`, tasks.priority, tasks.estimate, tasks.due_on, tasks.rank, tasks.started_at, tasks.closed_at, tasks.archived_at, tasks.deleted_at, tasks.source_url, tasks.state_id, tasks.creator_id, tasks.milestone_id, tasks.parent_id, tasks.created_at, tasks.updated_at, tasks.version 
FROM tasks 
WHERE tasks.workspace_id = %s AND tasks.id IN (%s) ORDER BY tasks.id FOR UPDATE

-- 2
UPDATE workspaces SET sequence=last_insert_id(workspaces.sequence + %s) WHERE workspaces.id = %s

-- 3
UPDATE tasks SET title=%s, updated_at=%s, version=%s WHERE tasks.id = %s

-- 4
INSERT INTO changes (workspace_id, sequence, at, kind, actor_id, subject_type, subject_id, project_id, fields) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s)

-- 5
SELECT memberships.workspace_id, memberships.role 
FROM access_tokens INNER JOIN users ON users.id = access_tokens.user_id LEFT OUTER JOIN memberships ON memberships.user_id = users.id AND memberships.workspace_id IN (%s) 
WHERE access_tokens.id = %s AND (access_tokens.expires_at IS NULL OR access_tokens.expires_at > %s) AND access_tokens.revoked_at IS NULL AND users.disabled_at IS NULL LOCK IN SHARE MODE
