-- incidents_list read 5s
select api.incident_items(api.incident_ids(:status, :limit::integer, :skip::integer)) as body;

-- incidents_review write 5s once
select * from api.review_incident(:id, :caller_id, :if_match, :body);
