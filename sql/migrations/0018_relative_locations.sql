-- The stored location of a created resource is a path below the mount of the API's version.
update app.idempotency_keys set location = substr(location, 8) where location like '/api/v1/%';
