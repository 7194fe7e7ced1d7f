-- profiles_read read 2s
select * from api.read_profile(:caller_id);

-- profiles_change write 5s
select * from api.change_profile(:caller_id, :caller_email, :if_match, :body);
