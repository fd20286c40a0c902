INSERT INTO payments_intents (
    tenant, provider, account, operation, reference, amount, currency, version, key_id, mac, parameters, by_ticket,
    recorded_at, expires_at, due_at, supersedes
) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)
