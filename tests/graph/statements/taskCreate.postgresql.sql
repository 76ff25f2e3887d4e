-- 1
SELECT projects.id, projects.workspace_id, projects.key, projects.name, projects.description, projects.archived_at, projects.last_number, projects.source_url, projects.lead_id, projects.created_at, projects.updated_at, projects.version 
FROM projects 
WHERE projects.workspace_id = $1::UUID AND projects.id = ANY ($2::UUID[]) ORDER BY projects.id FOR NO KEY UPDATE OF projects

-- 2
SELECT states.id, states.workspace_id, states.name, states.category, states.color, states.position, states.created_at, states.updated_at, states.version, (SELECT max(tasks.rank) AS max_1 
FROM tasks 
WHERE tasks.workspace_id = $1::UUID AND tasks.workspace_id = $2::UUID) AS anon_1 
FROM states 
WHERE states.workspace_id = $3::UUID AND states.workspace_id = $2::UUID ORDER BY states.position, states.id 
 LIMIT $4::INTEGER FOR KEY SHARE OF states

-- 3
INSERT INTO tasks (id, workspace_id, project_id, number, title, body, priority, estimate, due_on, rank, started_at, closed_at, archived_at, deleted_at, source_url, state_id, creator_id, milestone_id, parent_id, created_at, updated_at, version) VALUES ($1::UUID, $2::UUID, $3::UUID, $4::INTEGER, $5::VARCHAR, $6::VARCHAR COLLATE "C", $7::SMALLINT, $8::FLOAT, $9::DATE, $10::VARCHAR, $11::TIMESTAMP WITH TIME ZONE, $12::TIMESTAMP WITH TIME ZONE, $13::TIMESTAMP WITH TIME ZONE, $14::TIMESTAMP WITH TIME ZONE, $15::VARCHAR, $16::UUID, $17::UUID, $18::UUID, $19::UUID, $20::TIMESTAMP WITH TIME ZONE, $21::TIMESTAMP WITH TIME ZONE, $22::INTEGER)

-- 4
WITH updated AS 
(UPDATE projects SET last_number=$3::INTEGER WHERE projects.id = $4::UUID RETURNING projects.id)
 UPDATE workspaces SET sequence=(workspaces.sequence + $1::BIGINT) WHERE workspaces.id = $2::UUID AND (EXISTS (SELECT updated.id 
FROM updated)) RETURNING workspaces.sequence, pg_notify($5::VARCHAR, CAST(workspaces.id AS TEXT) || $6::VARCHAR || CAST(workspaces.sequence AS TEXT)) AS pg_notify_1

-- 5
WITH logged AS 
(INSERT INTO changes (workspace_id, sequence, at, kind, actor_id, subject_type, subject_id, project_id, fields) SELECT entries.workspace_id AS workspace_id, entries.sequence AS sequence, entries.at AS at, entries.kind AS kind, entries.actor_id AS actor_id, entries.subject_type AS subject_type, entries.subject_id AS subject_id, entries.project_id AS project_id, entries.fields AS fields 
FROM jsonb_to_recordset($1::JSONB) AS entries(workspace_id UUID, sequence BIGINT, at TIMESTAMP WITH TIME ZONE, kind VARCHAR, actor_id UUID, subject_type VARCHAR(32) COLLATE "C", subject_id UUID, project_id UUID, fields JSONB))
 SELECT memberships.workspace_id, memberships.role 
FROM access_tokens JOIN users ON users.id = access_tokens.user_id LEFT OUTER JOIN memberships ON memberships.user_id = users.id AND memberships.workspace_id = ANY ($2::UUID[]) 
WHERE access_tokens.id = $3::UUID AND (access_tokens.expires_at IS NULL OR access_tokens.expires_at > $4::TIMESTAMP WITH TIME ZONE) AND access_tokens.revoked_at IS NULL AND users.disabled_at IS NULL FOR SHARE OF users, access_tokens
