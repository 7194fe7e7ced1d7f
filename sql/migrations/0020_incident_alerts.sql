-- The highest severity of which supervisors have been alerted. Incidents written before this column
-- existed alerted when they were created or published.
alter table app.logs add column alerted_severity app.severity;

alter table app.logs disable trigger logs_touch;
update app.logs set alerted_severity = severity
where type = 'INCIDENT' and status <> 'DRAFT' and severity >= 'HIGH';
alter table app.logs enable trigger logs_touch;

drop function if exists api.alert_supervisors(app.logs);
drop function if exists api.create_comment(uuid, uuid, uuid, jsonb);
