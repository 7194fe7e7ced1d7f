-- profile_read read 2s
select * from api.read_profile(:caller_id);

-- profile_update write 5s
select * from api.update_profile(:caller_id, :caller_email, :if_match, :body);
