-- 1
SELECT projects.id, projects.workspace_id, projects.`key`, projects.name, projects.description, projects.archived_at, projects.last_number, projects.source_url, projects.lead_id, projects.created_at, projects.updated_at, projects.version 
FROM projects 
WHERE projects.workspace_id = %s AND projects.id IN (%s) ORDER BY projects.id FOR UPDATE

-- 2
SELECT states.id, states.workspace_id, states.name, states.category, states.color, states.`position`, states.created_at, states.updated_at, states.version, (SELECT max(tasks.rank) AS max_1 
FROM tasks 
WHERE tasks.workspace_id = %s AND tasks.workspace_id = %s) AS anon_1 
FROM states 
WHERE states.workspace_id = %s AND states.workspace_id = %s ORDER BY states.`position`, states.id 
 LIMIT %s LOCK IN SHARE MODE

-- 3
UPDATE workspaces SET sequence=last_insert_id(workspaces.sequence + %s) WHERE workspaces.id = %s

-- 4
INSERT INTO tasks (id, workspace_id, project_id, number, title, `body`, priority, estimate, due_on, rank, started_at, closed_at, archived_at, deleted_at, source_url, state_id, creator_id, milestone_id, parent_id, created_at, updated_at, version) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)

-- 5
UPDATE projects SET last_number=%s WHERE projects.id = %s

-- 6
INSERT INTO changes (workspace_id, sequence, at, kind, actor_id, subject_type, subject_id, project_id, fields) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s)

-- 7
SELECT memberships.workspace_id, memberships.role 
FROM access_tokens INNER JOIN users ON users.id = access_tokens.user_id LEFT OUTER JOIN memberships ON memberships.user_id = users.id AND memberships.workspace_id IN (%s) 
WHERE access_tokens.id = %s AND (access_tokens.expires_at IS NULL OR access_tokens.expires_at > %s) AND access_tokens.revoked_at IS NULL AND users.disabled_at IS NULL LOCK IN SHARE MODE
