-- A database that the first version of the tables filled. Written once, and never changed: see tests/it/upgrade/fill.rs.
SET statement_timeout = 0;
SET lock_timeout = 0;
SET idle_in_transaction_session_timeout = 0;
SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;
SELECT pg_catalog.set_config('search_path', '', false);
SET check_function_bodies = false;
SET xmloption = content;
SET client_min_messages = warning;
SET row_security = off;
CREATE FUNCTION public.payments_lock(kind integer, tenant text, provider text, account text, name text) RETURNS void
    LANGUAGE sql
    AS $$
    SELECT pg_advisory_xact_lock(1885434480 + kind, hashtext(json_build_array(tenant, provider, account, name)::text))
    WHERE name IS NOT NULL
$$;
CREATE FUNCTION public.payments_match_messages() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path TO '$user', 'public'
    AS $$
BEGIN
    IF TG_OP = 'INSERT' OR old.epoch = 0 THEN
        IF TG_OP = 'UPDATE' THEN
            PERFORM payments_lock(1, new.tenant, new.provider, new.account, new.reference);
        END IF;
        UPDATE payments_inbox AS m SET matched = 1
        WHERE m.matched = 0 AND m.reference = new.reference AND m.account = new.account AND m.provider = new.provider
            AND m.tenant = new.tenant AND m.operations::jsonb ? new.operation;
    END IF;
    IF TG_OP = 'UPDATE' AND new.provider_id IS DISTINCT FROM old.provider_id THEN
        PERFORM payments_lock(2, new.tenant, new.provider, new.account, new.provider_id);
        UPDATE payments_inbox AS m SET matched = 1
        WHERE m.matched = 0 AND m.object_id = new.provider_id AND m.account = new.account AND m.provider = new.provider
            AND m.tenant = new.tenant;
    END IF;
    RETURN NULL;
END
$$;
CREATE FUNCTION public.payments_require_grant() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    IF current_setting('payments_journal.delivered', true) IS DISTINCT FROM new.id::text THEN
        RAISE EXCEPTION 'the hook ended the journal''s transaction, so its effect was rolled back' USING ERRCODE = '2D000';
    END IF;
    RETURN NULL;
END
$$;
SET default_tablespace = '';
SET default_table_access_method = heap;
CREATE TABLE public.effects (
    id bigint NOT NULL,
    what text
);
ALTER TABLE public.effects ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.effects_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.payments_changes (
    id bigint NOT NULL,
    intent bigint NOT NULL,
    from_state text NOT NULL COLLATE pg_catalog."C",
    to_state text NOT NULL COLLATE pg_catalog."C",
    status text COLLATE pg_catalog."C",
    order_amount bigint,
    order_currency text COLLATE pg_catalog."C",
    review text COLLATE pg_catalog."C",
    at bigint NOT NULL,
    delivered_at bigint,
    failures bigint DEFAULT 0 NOT NULL,
    problem text COLLATE pg_catalog."C",
    next_try bigint NOT NULL,
    CONSTRAINT payments_changes_at_check CHECK (((at >= '100000000000'::bigint) AND (at <= '100000000000000'::bigint))),
    CONSTRAINT payments_changes_failures_check CHECK (((failures >= 0) AND (failures <= '4294967295'::bigint))),
    CONSTRAINT payments_changes_next_try_check CHECK (((next_try >= '100000000000'::bigint) AND (next_try <= '100000000000000'::bigint))),
    CONSTRAINT payments_changes_status_check CHECK ((json_typeof((status)::json) <> ''::text))
);
ALTER TABLE public.payments_changes ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.payments_changes_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.payments_evidence (
    intent bigint NOT NULL,
    sequence bigint NOT NULL,
    at bigint NOT NULL,
    fact text NOT NULL COLLATE pg_catalog."C",
    source text NOT NULL COLLATE pg_catalog."C",
    CONSTRAINT payments_evidence_at_check CHECK (((at >= '100000000000'::bigint) AND (at <= '100000000000000'::bigint))),
    CONSTRAINT payments_evidence_fact_check CHECK ((json_typeof((fact)::json) <> ''::text)),
    CONSTRAINT payments_evidence_sequence_check CHECK ((sequence > 0))
);
CREATE TABLE public.payments_inbox (
    id bigint NOT NULL,
    tenant text NOT NULL COLLATE pg_catalog."C",
    provider text NOT NULL COLLATE pg_catalog."C",
    account text NOT NULL COLLATE pg_catalog."C",
    source text NOT NULL COLLATE pg_catalog."C",
    reference text COLLATE pg_catalog."C",
    object_id text COLLATE pg_catalog."C",
    operations text NOT NULL COLLATE pg_catalog."C",
    report text NOT NULL COLLATE pg_catalog."C",
    received_at bigint NOT NULL,
    matched bigint NOT NULL,
    applied_at bigint,
    CONSTRAINT payments_inbox_matched_check CHECK ((matched = ANY (ARRAY[(0)::bigint, (1)::bigint]))),
    CONSTRAINT payments_inbox_operations_check CHECK ((json_typeof((operations)::json) = 'array'::text)),
    CONSTRAINT payments_inbox_received_at_check CHECK (((received_at >= '100000000000'::bigint) AND (received_at <= '100000000000000'::bigint))),
    CONSTRAINT payments_inbox_report_check CHECK (((report = ''::text) OR (json_typeof((report)::json) <> ''::text)))
);
ALTER TABLE public.payments_inbox ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.payments_inbox_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.payments_intents (
    id bigint NOT NULL,
    tenant text NOT NULL COLLATE pg_catalog."C",
    provider text NOT NULL COLLATE pg_catalog."C",
    account text NOT NULL COLLATE pg_catalog."C",
    operation text NOT NULL COLLATE pg_catalog."C",
    reference text NOT NULL COLLATE pg_catalog."C",
    amount bigint,
    currency text COLLATE pg_catalog."C",
    version bigint NOT NULL,
    key_id text NOT NULL COLLATE pg_catalog."C",
    mac bytea NOT NULL,
    parameters bytea NOT NULL,
    by_ticket bigint NOT NULL,
    recorded_at bigint NOT NULL,
    expires_at bigint,
    due_at bigint,
    supersedes bigint,
    state text DEFAULT 'intended'::text NOT NULL COLLATE pg_catalog."C",
    reported text DEFAULT 'intended'::text NOT NULL COLLATE pg_catalog."C",
    status text COLLATE pg_catalog."C",
    order_amount bigint,
    order_currency text COLLATE pg_catalog."C",
    review text COLLATE pg_catalog."C",
    provider_id text COLLATE pg_catalog."C",
    epoch bigint DEFAULT 0 NOT NULL,
    lease_owner text COLLATE pg_catalog."C",
    lease_until bigint,
    tries bigint DEFAULT 0 NOT NULL,
    problem text COLLATE pg_catalog."C",
    CONSTRAINT payments_intents_account_check CHECK ((length(account) <= 100)),
    CONSTRAINT payments_intents_amount_has_currency CHECK (((amount IS NULL) = (currency IS NULL))),
    CONSTRAINT payments_intents_by_ticket_check CHECK ((by_ticket = ANY (ARRAY[(0)::bigint, (1)::bigint]))),
    CONSTRAINT payments_intents_currency_check CHECK ((currency ~ '^[A-Z]{3}$'::text)),
    CONSTRAINT payments_intents_due_at_check CHECK (((due_at >= '100000000000'::bigint) AND (due_at <= '100000000000000'::bigint))),
    CONSTRAINT payments_intents_epoch_check CHECK ((epoch >= 0)),
    CONSTRAINT payments_intents_expires_at_check CHECK (((expires_at >= '100000000000'::bigint) AND (expires_at <= '100000000000000'::bigint))),
    CONSTRAINT payments_intents_lease_is_whole CHECK (((lease_owner IS NULL) = (lease_until IS NULL))),
    CONSTRAINT payments_intents_mac_check CHECK ((length(mac) > 0)),
    CONSTRAINT payments_intents_operation_check CHECK (((length(operation) >= 1) AND (length(operation) <= 100))),
    CONSTRAINT payments_intents_order_amount_has_currency CHECK (((order_amount IS NULL) = (order_currency IS NULL))),
    CONSTRAINT payments_intents_provider_check CHECK (((length(provider) >= 1) AND (length(provider) <= 100))),
    CONSTRAINT payments_intents_recorded_at_check CHECK (((recorded_at >= '100000000000'::bigint) AND (recorded_at <= '100000000000000'::bigint))),
    CONSTRAINT payments_intents_reference_check CHECK (((length(reference) >= 1) AND (length(reference) <= 255))),
    CONSTRAINT payments_intents_status_check CHECK ((json_typeof((status)::json) <> ''::text)),
    CONSTRAINT payments_intents_tenant_check CHECK ((length(tenant) <= 100)),
    CONSTRAINT payments_intents_tries_check CHECK (((tries >= 0) AND (tries <= '4294967295'::bigint))),
    CONSTRAINT payments_intents_version_check CHECK (((version >= 0) AND (version <= '4294967295'::bigint)))
);
ALTER TABLE public.payments_intents ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.payments_intents_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.payments_pauses (
    tenant text NOT NULL COLLATE pg_catalog."C",
    provider text NOT NULL COLLATE pg_catalog."C",
    account text NOT NULL COLLATE pg_catalog."C",
    since bigint NOT NULL,
    until bigint NOT NULL,
    problem text NOT NULL COLLATE pg_catalog."C",
    CONSTRAINT payments_pauses_since_check CHECK (((since >= '100000000000'::bigint) AND (since <= '100000000000000'::bigint))),
    CONSTRAINT payments_pauses_until_check CHECK (((until >= '100000000000'::bigint) AND (until <= '100000000000000'::bigint)))
);
CREATE TABLE public.payments_rate_limits (
    id bigint NOT NULL,
    credentials text NOT NULL COLLATE pg_catalog."C",
    ended bigint DEFAULT 0 NOT NULL,
    expires_at bigint NOT NULL
);
ALTER TABLE public.payments_rate_limits ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.payments_rate_limits_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.payments_schema (
    version bigint NOT NULL,
    applied_at bigint NOT NULL
);
INSERT INTO public.effects OVERRIDING SYSTEM VALUE VALUES (1, 'succeeded-1 succeeded');
INSERT INTO public.effects OVERRIDING SYSTEM VALUE VALUES (2, 'succeeded-2 succeeded');
INSERT INTO public.effects OVERRIDING SYSTEM VALUE VALUES (3, 'refused-1 refused');
INSERT INTO public.effects OVERRIDING SYSTEM VALUE VALUES (4, 'reversed-1 succeeded');
INSERT INTO public.effects OVERRIDING SYSTEM VALUE VALUES (5, 'reversed-1 reversed');
INSERT INTO public.payments_changes OVERRIDING SYSTEM VALUE VALUES (1, 1, 'intended', 'succeeded', '"succeeded"', NULL, NULL, NULL, 1795914445545, 1795914445618, 0, NULL, 1795914445545);
INSERT INTO public.payments_changes OVERRIDING SYSTEM VALUE VALUES (2, 2, 'intended', 'succeeded', '"succeeded"', NULL, NULL, NULL, 1795914445560, 1795914445621, 0, NULL, 1795914445560);
INSERT INTO public.payments_changes OVERRIDING SYSTEM VALUE VALUES (3, 3, 'intended', 'failed', '"failed"', NULL, NULL, NULL, 1795914445564, NULL, 1, 'the ledger is closed', 1795914446627);
INSERT INTO public.payments_changes OVERRIDING SYSTEM VALUE VALUES (4, 4, 'intended', 'refused', NULL, NULL, NULL, NULL, 1795914445572, 1795914445640, 0, NULL, 1795914445572);
INSERT INTO public.payments_changes OVERRIDING SYSTEM VALUE VALUES (5, 5, 'intended', 'succeeded', '"succeeded"', NULL, NULL, NULL, 1795914445584, 1795914445642, 0, NULL, 1795914445584);
INSERT INTO public.payments_changes OVERRIDING SYSTEM VALUE VALUES (6, 5, 'succeeded', 'reversed', '"refunded"', NULL, NULL, NULL, 1795914445607, 1795914445651, 0, NULL, 1795914445607);
INSERT INTO public.payments_changes OVERRIDING SYSTEM VALUE VALUES (7, 6, 'intended', 'abandoned', NULL, NULL, NULL, NULL, 1795914445674, NULL, 0, NULL, 1795914445674);
INSERT INTO public.payments_changes OVERRIDING SYSTEM VALUE VALUES (8, 7, 'intended', 'pending', '"processing"', NULL, NULL, NULL, 1795914445689, NULL, 0, NULL, 1795914445689);
INSERT INTO public.payments_changes OVERRIDING SYSTEM VALUE VALUES (9, 8, 'intended', 'pending', '"processing"', NULL, NULL, NULL, 1795914445702, NULL, 0, NULL, 1795914445702);
INSERT INTO public.payments_changes OVERRIDING SYSTEM VALUE VALUES (10, 9, 'intended', 'unknown', NULL, NULL, NULL, NULL, 1795914445718, NULL, 0, NULL, 1795914445718);
INSERT INTO public.payments_changes OVERRIDING SYSTEM VALUE VALUES (11, 10, 'intended', 'unknown', NULL, NULL, NULL, NULL, 1795914445733, NULL, 0, NULL, 1795914445733);
INSERT INTO public.payments_changes OVERRIDING SYSTEM VALUE VALUES (12, 11, 'intended', 'needs_review', NULL, NULL, NULL, 'contradiction', 1795914445753, NULL, 0, NULL, 1795914445753);
INSERT INTO public.payments_evidence VALUES (1, 1, 1795914445539, '{"claimed":{"attempt":"1037e8e6540c5f3a199313695d6873fe","protection":"none"}}', 'claim:1037e8e6540c5f3a199313695d6873fe');
INSERT INTO public.payments_evidence VALUES (1, 2, 1795914445545, '{"ended":{"attempt":"1037e8e6540c5f3a199313695d6873fe","result":{"accepted":{"status":{"status":"succeeded","is_final":true}}}}}', 'call:1037e8e6540c5f3a199313695d6873fe');
INSERT INTO public.payments_evidence VALUES (2, 1, 1795914445557, '{"claimed":{"attempt":"8199254766fe42491f5bf3308eade844","protection":"none"}}', 'claim:8199254766fe42491f5bf3308eade844');
INSERT INTO public.payments_evidence VALUES (2, 2, 1795914445560, '{"ended":{"attempt":"8199254766fe42491f5bf3308eade844","result":{"accepted":{"status":{"status":"succeeded","is_final":true}}}}}', 'call:8199254766fe42491f5bf3308eade844');
INSERT INTO public.payments_evidence VALUES (3, 1, 1795914445563, '{"claimed":{"attempt":"39c912a4591f858d4d24dc4751439906","protection":"none"}}', 'claim:39c912a4591f858d4d24dc4751439906');
INSERT INTO public.payments_evidence VALUES (3, 2, 1795914445564, '{"ended":{"attempt":"39c912a4591f858d4d24dc4751439906","result":{"accepted":{"status":{"status":"failed","is_final":true}}}}}', 'call:39c912a4591f858d4d24dc4751439906');
INSERT INTO public.payments_evidence VALUES (4, 1, 1795914445567, '{"claimed":{"attempt":"13614dab66b29c29c3888d0b943ad493","protection":"none"}}', 'claim:13614dab66b29c29c3888d0b943ad493');
INSERT INTO public.payments_evidence VALUES (4, 2, 1795914445572, '{"ended":{"attempt":"13614dab66b29c29c3888d0b943ad493","result":"refused"}}', 'call:13614dab66b29c29c3888d0b943ad493');
INSERT INTO public.payments_evidence VALUES (5, 1, 1795914445580, '{"claimed":{"attempt":"bb708d5adbbd429772beea230b0c9221","protection":"none"}}', 'claim:bb708d5adbbd429772beea230b0c9221');
INSERT INTO public.payments_evidence VALUES (5, 2, 1795914445584, '{"ended":{"attempt":"bb708d5adbbd429772beea230b0c9221","result":{"accepted":{"status":{"status":"succeeded","is_final":true}}}}}', 'call:bb708d5adbbd429772beea230b0c9221');
INSERT INTO public.payments_evidence VALUES (5, 3, 1795914445607, '{"event":{"status":{"status":"refunded","is_final":true}}}', 'event:evt-1');
INSERT INTO public.payments_evidence VALUES (6, 1, 1795914445674, '"abandoned"', 'cancelled');
INSERT INTO public.payments_evidence VALUES (7, 1, 1795914445682, '{"claimed":{"attempt":"b43fe2075768d239b37f4f8957cc94a3","protection":"none"}}', 'claim:b43fe2075768d239b37f4f8957cc94a3');
INSERT INTO public.payments_evidence VALUES (7, 2, 1795914445689, '{"ended":{"attempt":"b43fe2075768d239b37f4f8957cc94a3","result":{"accepted":{"status":{"status":"processing","is_final":false}}}}}', 'call:b43fe2075768d239b37f4f8957cc94a3');
INSERT INTO public.payments_evidence VALUES (8, 1, 1795914445695, '{"claimed":{"attempt":"915dfab3423bf60b3192aa6bf86fbb12","protection":"none"}}', 'claim:915dfab3423bf60b3192aa6bf86fbb12');
INSERT INTO public.payments_evidence VALUES (8, 2, 1795914445702, '{"ended":{"attempt":"915dfab3423bf60b3192aa6bf86fbb12","result":{"accepted":{"status":{"status":"processing","is_final":false}}}}}', 'call:915dfab3423bf60b3192aa6bf86fbb12');
INSERT INTO public.payments_evidence VALUES (9, 1, 1795914445713, '{"claimed":{"attempt":"e8dda997360c38c7cfb3156ae041c1ab","protection":"none"}}', 'claim:e8dda997360c38c7cfb3156ae041c1ab');
INSERT INTO public.payments_evidence VALUES (9, 2, 1795914445718, '{"ended":{"attempt":"e8dda997360c38c7cfb3156ae041c1ab","result":"unknown"}}', 'call:e8dda997360c38c7cfb3156ae041c1ab');
INSERT INTO public.payments_evidence VALUES (10, 1, 1795914445726, '{"claimed":{"attempt":"4d3a8dbaed28365be040496940d7599b","protection":"none"}}', 'claim:4d3a8dbaed28365be040496940d7599b');
INSERT INTO public.payments_evidence VALUES (10, 2, 1795914445733, '{"ended":{"attempt":"4d3a8dbaed28365be040496940d7599b","result":"unknown"}}', 'call:4d3a8dbaed28365be040496940d7599b');
INSERT INTO public.payments_evidence VALUES (11, 1, 1795914445749, '{"claimed":{"attempt":"1bf35468bff74d47f9fc1e7c1c026276","protection":"none"}}', 'claim:1bf35468bff74d47f9fc1e7c1c026276');
INSERT INTO public.payments_evidence VALUES (11, 2, 1795914445753, '{"ended":{"attempt":"1bf35468bff74d47f9fc1e7c1c026276","result":{"accepted":"contradicts"}}}', 'call:1bf35468bff74d47f9fc1e7c1c026276');
INSERT INTO public.payments_evidence VALUES (12, 1, 1795914445760, '{"claimed":{"attempt":"4c8026240b7a31c86d5c3b4ac67fecae","protection":"none"}}', 'claim:4c8026240b7a31c86d5c3b4ac67fecae');
INSERT INTO public.payments_evidence VALUES (14, 1, 1795914445779, '{"claimed":{"attempt":"232aed129a6b5d3e16d670be960f6d7a","protection":"none"}}', 'claim:232aed129a6b5d3e16d670be960f6d7a');
INSERT INTO public.payments_evidence VALUES (14, 2, 1795914445784, '{"ended":{"attempt":"232aed129a6b5d3e16d670be960f6d7a","result":"account_refused"}}', 'call:232aed129a6b5d3e16d670be960f6d7a');
INSERT INTO public.payments_inbox OVERRIDING SYSTEM VALUE VALUES (1, '', 'acme', '', 'event:evt-1', 'reversed-1', 'po-reversed-1', '["start_payment","pay_out"]', '{"stored":"payments.event_report/1","event_id":"evt-1","reference":"reversed-1","object_id":"po-reversed-1","operations":["start_payment","pay_out"],"status":"refunded","is_final":true,"amount":{"exact":"2500.00"},"currency":{"known":"INR"},"live":null}', 1795914445588, 1, 1795914445610);
INSERT INTO public.payments_inbox OVERRIDING SYSTEM VALUE VALUES (2, '', 'acme', '', 'event:evt-2', 'pending-event', 'po-pending-event', '["start_payment","pay_out"]', '{"stored":"payments.event_report/1","event_id":"evt-2","reference":"pending-event","object_id":"po-pending-event","operations":["start_payment","pay_out"],"status":"succeeded","is_final":true,"amount":{"exact":"2500.00"},"currency":{"known":"INR"},"live":null}', 1795914445808, 1, NULL);
INSERT INTO public.payments_inbox OVERRIDING SYSTEM VALUE VALUES (3, '', 'acme', '', 'event:evt-3', 'later-1', 'po-later-1', '["start_payment","pay_out"]', '{"stored":"payments.event_report/1","event_id":"evt-3","reference":"later-1","object_id":"po-later-1","operations":["start_payment","pay_out"],"status":"succeeded","is_final":true,"amount":{"exact":"2500.00"},"currency":{"known":"INR"},"live":null}', 1795914445813, 0, NULL);
INSERT INTO public.payments_inbox OVERRIDING SYSTEM VALUE VALUES (4, '', 'acme', '', 'hint:7:later-1:0:', 'later-1', 'po-later-1', '["start_payment","pay_out"]', '', 1795914445816, 0, NULL);
INSERT INTO public.payments_intents OVERRIDING SYSTEM VALUE VALUES (1, '', 'acme', '', 'pay_out', 'succeeded-1', 250000, 'INR', 1, '2026', '\x8ab4abdd593f1d5a97b6e0cc31d78cebcfb217de6869692523da0af3c57fc891', '\x6b2f95b7eba75e1b8ea3eae497d9a0897b57cf8c319ae68f60b30c6f0d4f825a9a74fac79d4a2ec343b561d031584cf347e6c1c304fcf333f8eeffa40014f1b97b9f998121e11ef96d9a00ba467964cc7b75b6cccf554c2da9ce164b5b320e79088c166a1a67bcc38a73d62912a18b56b04f37c098f94057d53f3cda0a4b2d85205a0a17021b7cd2e3912aef3e0b415b330cb52c47d3c97f3bc3e268f629bb87482c7c0081c663229d09356d649f18', 0, 1795914445529, NULL, NULL, NULL, 'succeeded', 'succeeded', '"succeeded"', NULL, NULL, NULL, 'po-succeeded-1', 1, NULL, NULL, 0, NULL);
INSERT INTO public.payments_intents OVERRIDING SYSTEM VALUE VALUES (2, '', 'acme', '', 'pay_out', 'succeeded-2', 250000, 'INR', 1, '2026', '\x90cd87851ddd27c59de8b0a224555c14d1b4a6e91420aa18c23d870069b6f68e', '\xe3796fd8e32c17f01078f7e7dd0f9ef1f7603428487a0c401e19785b2bb2a7faf5f27141a59e2dbc52dad1d390235d216c640cf32b67f6e285003c3ad41f25b50ed79ad06c5383f6a3567d10f8634161d4bb073f3d2ea8bffd67cf03ad7b63bfe29aad602448dea2b07c7a266277ac204c209f821dff423c32c99fa26fe465c8e542d80a8751cf08610de5654d567ca5768d094235b40868a9d99afd11c5be370213cebb4830a731f8dc510e56d543', 0, 1795914445552, NULL, NULL, NULL, 'succeeded', 'succeeded', '"succeeded"', NULL, NULL, NULL, 'po-succeeded-2', 1, NULL, NULL, 0, NULL);
INSERT INTO public.payments_intents OVERRIDING SYSTEM VALUE VALUES (3, '', 'acme', '', 'pay_out', 'failed-1', 250000, 'INR', 1, '2026', '\xe7fb6376cc994800608bc484e169896248dfe0287786f420d8af233e5bab775b', '\x0b2569fee435b0b9a4711f00dd30993de5af159d4dc3e45763caf7ec63651870178c94d4625ae74c05e65eccb8891eb7b363db672ec58b9ab4e3edc70755cd9a887fba0e0fcaf87cf6015f4193eb8aaf492c281bf0ac2206c0f2a224060201b662aedb0b66701494a8e4d6e2b9147ec9c96958290612eba4325fa74bfa3721b2d2730631dc0f7c80facb0ea141c5605f687c023faa7a8a5fdb2129b5079438c84c5dccc7a64c4325f19cca0b', 0, 1795914445562, NULL, NULL, NULL, 'failed', 'failed', '"failed"', NULL, NULL, NULL, 'po-failed-1', 1, NULL, NULL, 0, NULL);
INSERT INTO public.payments_intents OVERRIDING SYSTEM VALUE VALUES (4, '', 'acme', '', 'pay_out', 'refused-1', 250000, 'INR', 1, '2026', '\xae09c1cc26b050d37d68f721c1e9e98fe673311cba4bab54312b4e19d819e6eb', '\x77089f2a36d309d0a4e6d02810e0815c5f1f3622d0ec63204715e7abfd12a8ea047758cb5e3628146b73ad4fac25e1290470e8c7e75d08875a017e291e09f69de48df7d76b6a66f8923e5efc9156c6e55fd4f8ccfcd462920c10a8ea578ebeca6fbfaedcc5bde018ada0cc9682f8ff85669e2e741ab598175ec16196133127138093fdd13e531f5188bc07332f315be30a91ad9b1c777ae31bd722378c81125302c6c3999edf7cee9593216474', 0, 1795914445565, NULL, NULL, NULL, 'refused', 'refused', NULL, NULL, NULL, NULL, NULL, 1, NULL, NULL, 0, 'invalid request');
INSERT INTO public.payments_intents OVERRIDING SYSTEM VALUE VALUES (5, '', 'acme', '', 'start_payment', 'reversed-1', 250000, 'INR', 1, '2026', '\xcfa26ce0391654fb101beffdd9ac873f22f89006c50781445c689b8e496a86dd', '\xfe6fd2a562ce89e78a40dbb25dd134f21a503453fd0ca96b3217bb6bbdc262b929eb2e2449257618a4a48e460db1965d5b871a76aa5c4eb1e6f8bf0b33b591ca28fb12bc832623e19814940e906220534f84ca632b88f29bda171b1b27b656a2d6bc53ab41adf0a6c85093ab546282c7f56223efcd1c66d5761ab3e7966e', 0, 1795914445576, NULL, NULL, NULL, 'reversed', 'reversed', '"refunded"', NULL, NULL, NULL, 'po-reversed-1', 1, NULL, NULL, 0, NULL);
INSERT INTO public.payments_intents OVERRIDING SYSTEM VALUE VALUES (6, '', 'acme', '', 'pay_out', 'abandoned-1', 250000, 'INR', 1, '2026', '\x3e6ec40dc07e63df6234faf1ad2a043090b4708feae749d6bfb03578a82d2192', '\xa696340fca543c56b32fc64a6435c714aad27aae3f3146d16a77edb0ca3d45aca62696491f431943e52348016b81fe530ce957aa2adb408eb4f99d1037d6a748eebe336da2d2a8081acbe978730e64e811a8a6c31b12cdc641e4b798fc086d389615445228eb721307d8db982a0d4da550f58eaf51400123bcf2df5e36ff32c3820e29afa857cab5f6d6de95912b4b09c9c1c31d7b99a114f128438d42f7b68aa010747b1fe4b36ce8ea84b0841b06', 0, 1795914445673, NULL, NULL, NULL, 'abandoned', 'abandoned', NULL, NULL, NULL, NULL, NULL, 0, NULL, NULL, 0, NULL);
INSERT INTO public.payments_intents OVERRIDING SYSTEM VALUE VALUES (7, '', 'acme', '', 'pay_out', 'pending-1', 250000, 'INR', 1, '2026', '\xe3cd841fe8cad4950aa75de73069b622eecb0fb5fd19ce6694142df842a7dbeb', '\x328d857f8fcff323fd008d8408ccf61556a93cdd53ccd0a865c52a873943dfc6e95dba9481914357401558f17e35ed49f0fa31b86b557ffc8b1f3f3ebe6a64cce874c6ed8f8db9a160712ccc0d0aa5d0389eb3f04c22c2155d6bbe26170b6ac677e40c6af094d96726d994830fc24f74543dd3d1bfb8e843b54a6f2765d9c43474a4edd47c5915e4f5cf7b822805b73376dc6697ca9eba1810d112a3ae34d174e00224777700c92e468fc066e0', 0, 1795914445676, NULL, 1795914475689, NULL, 'pending', 'pending', '"processing"', NULL, NULL, NULL, 'po-pending-1', 1, NULL, NULL, 0, NULL);
INSERT INTO public.payments_intents OVERRIDING SYSTEM VALUE VALUES (8, '', 'acme', '', 'pay_out', 'pending-event', 250000, 'INR', 1, '2026', '\x13676288d2bfc3d5ebd8ae1bd388c9029aa63d687141a1c8214957ff48c4755d', '\x4dd034e3a7209abf512afadf2c5a3073c273bf34b2a6379fd1e39676d0f75d391fd612f7f9423487834301038f5e6e5da90c5e541ea2d978bf819bf6cee6046a3d66e38c0c65e75e266af9d9eb29ce8323a953cf81794688ec2f5b46cb0e9b90c2f46992010f4dc2159275be55916082a9d540764718f118dbb86fac8ffedf762e166024db6b627cdfee1f791c3f961087ed00dd5e8f264013d455a99f805ee65da4bf617389faedfd83df38c2646f4edc', 0, 1795914445691, NULL, 1795914475702, NULL, 'pending', 'pending', '"processing"', NULL, NULL, NULL, 'po-pending-event', 1, NULL, NULL, 0, NULL);
INSERT INTO public.payments_intents OVERRIDING SYSTEM VALUE VALUES (9, '', 'acme', '', 'pay_out', 'unknown-1', 250000, 'INR', 1, '2026', '\xa5055db69a696cab158cec2780d9b34b484de9a956272eaff504182e5c8a42e1', '\x2c31b867293c795161cd0e8cc77f2f424158d00c4f9d1ce036c543859a980243eeb68b0350a0a9eeedbfedf703bd52282be7f80429b228381f02b04c64eba2166dc2f4a18741a40a96f6d43447f874b83d92d68384fad6df48e6ac0353029912aa641ba3e301da8502a48bcf4cfa428ef0831e481c09d93912073fb1d306e0807610a6adf23583a7448928c8546e11bc0c2dfd51c315c480379f1ce5063dd14b77aadb05f00e8b9e1f558671dc', 0, 1795914445709, NULL, 1795914446718, NULL, 'unknown', 'unknown', NULL, NULL, NULL, NULL, NULL, 1, NULL, NULL, 1, 'timeout');
INSERT INTO public.payments_intents OVERRIDING SYSTEM VALUE VALUES (10, '', 'acme', '', 'pay_out', 'unknown-2', 250000, 'INR', 1, '2026', '\x8c790a9ac383ee808f3e128f84fb55ba4df50abf22cc1d88d279399ef0b7dcd8', '\x063cb44ec69e45ca645d8e8a49f96d21401148162639b1866376e66324e14db29a224ceb8e9664ede885e7f482673743d8d3d316afe52d6b96c5cc9bba2df120405d8be81936e27da40329468bf8d390b38db41416bda616d6a5a996293c1ccc93a517d3f9dddc56f174ef9a7932adb62fec14ea176aaad06cbc87b8643fe6706761b0426c9bb3c6841cd06a19de70ac88f16ee2e8e2a9b5259d9e5e0ae97f0e268192dab811bb8e724bc4ebf1', 0, 1795914445722, NULL, 1795914446733, NULL, 'unknown', 'unknown', NULL, NULL, NULL, NULL, NULL, 1, NULL, NULL, 1, 'timeout');
INSERT INTO public.payments_intents OVERRIDING SYSTEM VALUE VALUES (11, '', 'acme', '', 'pay_out', 'needs_review-1', 250000, 'INR', 1, '2026', '\x6f9c603f798676b987549a23554784d11771c8b693e5864cd7e13f628fb74497', '\x5a494c190ad74b03a76a8248d655a8cec8c0cbddc4c28cc25296b761f97a1b83d824674a9798870a5fea70c1c0e19a5ec404dd7202193cca721c2528e6da2639fc7e2409775c7788cb3a2f07c0f1ca0dfbaba9d3e21656739b101777e97e7328fdced07449fbe69332120b72f82a8187b98ad813057fee4c8e236d15a6e9baf2c9ee8ef41b27a4f59d71bc2be9f223d8069381a9a5f07ae0f5b8d24e4caee5aaab18a987467eb037b52b1684411dfbce8475', 0, 1795914445741, NULL, NULL, NULL, 'needs_review', 'needs_review', NULL, NULL, NULL, 'contradiction', 'po-needs_review-1', 1, NULL, NULL, 0, NULL);
INSERT INTO public.payments_intents OVERRIDING SYSTEM VALUE VALUES (12, '', 'acme', '', 'pay_out', 'sending-1', 250000, 'INR', 1, '2026', '\xdf294dab25be756f790621a2fadb18d01c4bc9ebe2ad1371e8e03e0e169029ac', '\x136f574f0194d7fb46bda852e026060ccb4fea8c6a68509332271a596228e5a7b40357fd1582554bb172170c83cb136de133fa21bdf3b39d62f0426834956b6274e9b030f9e9ab339f421176e1b5bf180ea5f1b508b3a50634e3b881eb925ef1eadaf285aaa0935e921b61de89236568c1306341d021e25fd10f16cd6f702220b4677a242fbfa330b20888c78308c9d90d587bb6fa68e396b434562efb9927a9ce47f222c9b878a4456fa8c285', 0, 1795914445756, NULL, 1795914535760, NULL, 'sending', 'intended', NULL, NULL, NULL, NULL, NULL, 1, '92699e1225212051976975e408353537', 1795914535760, 0, NULL);
INSERT INTO public.payments_intents OVERRIDING SYSTEM VALUE VALUES (13, '', 'acme', '', 'pay_out', 'intended-1', 250000, 'INR', 1, '2026', '\xa8d3bc01b8fce634f8449e78ceea78e20fc4e452ade33815791fd4f3f74aa956', '\xf0a636c35ff94120036b52f084d904004a4efa1970e26d4c84694eeab30e0dfd6cc42df5d1aec57ae3d0943d3439abc1e7e622437232214979b99f6963075e95190903709cb224d3491930c0a1d519b1a6030f7543340b7e448672ed3e7d646c58ac8350cd821bf695ed0dea02ce9492800e8ed23085c8ab1cf151a686af1dea859d2e79e70942097e6383524e4c8769c7932a5cdfd55fbb4e1b8c3daea87b675d794cf0972117b214772d1d1486', 0, 1795914445765, NULL, 1795914445765, NULL, 'intended', 'intended', NULL, NULL, NULL, NULL, NULL, 0, NULL, NULL, 0, NULL);
INSERT INTO public.payments_intents OVERRIDING SYSTEM VALUE VALUES (14, 'shop-7', 'acme', 'paused', 'pay_out', 'intended-paused', 250000, 'INR', 1, '2026', '\x5ffcd2d054a1710dfa93493e4c0442abe177a197d6e32e207aae2646ed363027', '\xc90026db3987acc18a2dd15432ff86d38e40b2d32d86b46498f199428b1fee83999a766a7b63f302ef37977195b1cafd6873fd4296149669d6e2b49f19dfbaacaf5edc9fd6a1aa39803af944b24337688f501fd5ea0f5b2bb13897d420b94072185c34fb815cf0202d015bd8c0dddefaa166da50169d3cc60004f089bf80f8167f24e64409eb58b3eea40c5f7777f37fe186182d1d701de51af19f44bd89d8daa27e0098f7200c112da1ac2c65bc4ed11236dc', 0, 1795914445774, NULL, 1795914746784, NULL, 'intended', 'intended', NULL, NULL, NULL, NULL, NULL, 1, NULL, NULL, 1, 'authentication failed');
INSERT INTO public.payments_intents OVERRIDING SYSTEM VALUE VALUES (15, '', 'acme', '', 'start_payment', 'intended-card', 250000, 'INR', 1, '2026', '\x7a64e058a6aaef86e0d57f665065c82ba7378cf4af09fe21b59712ec68ced38b', '\x1ea537dc555f230ba604ddff3e43fbe22fd7e9b52b509a3da9d83821b1ec8d4c1f6b164aa2f47401040323efe3f0263326aad276e4e7bee5063cb725821eb61b3c7d8bc0cc68084b3c7d38dac4ccccd87c6ccad5d844366a836e98f7917f929dc43d613625ec558f8675aefdb34efbe68b2d533d468a4d84c53cfc330aa3a6e350b786eedbd6c407fd9b7a5e7c33f4fb1567abd97bedd7b2182b4aa3808c0cf7feb7', 1, 1795914445790, 1795918045788, 1795918045788, NULL, 'intended', 'intended', NULL, NULL, NULL, NULL, NULL, 0, NULL, NULL, 0, NULL);
INSERT INTO public.payments_intents OVERRIDING SYSTEM VALUE VALUES (16, '', 'acme', '', 'refund', 'intended-without-client', 250000, 'INR', 1, '2026', '\x1a5cb5f5bf2ba493ececa3476bb76d2bde453d016083a287267fed702a00d9dd', '\xe3cb1349f5a194f257c850cd6cc1b5948689d59904bfd8ac364b1a2129f72c70182a8ef806f9f73b15d6ddba467f851fe7c3c3cd71b88101f855c443b31c9c3a4f380af952e540940f2e60bc5ab6c3deab52deffae353c31b15bc6deade0e0d5630cdbd6c881461663826fbce8ac88a1e72d26efae8d4444b7743854a90003d9c7a34a47f320cf9dc26f062e82bd8ff7c46deea2de441289', 0, 1795914445800, NULL, 1795914445800, NULL, 'intended', 'intended', NULL, NULL, NULL, NULL, NULL, 0, NULL, NULL, 0, NULL);
INSERT INTO public.payments_intents OVERRIDING SYSTEM VALUE VALUES (17, '', 'acme', '', 'pay_out', 'intended-superseding', 250000, 'INR', 1, '2026', '\xfae173d3a154f598b92fc08b35a65f51daa6978679cccf467b71b10ccda2d336', '\x72760ef446d825126771a016efc8fdb6ce5ec423b249276f8c6a6f1d6b79b261b110c488a9f6d52a50403916adfd148ccd16548ecdfe7fd0c2d9996292bf68b4595e8f96e9fc9504c27e027d7a088f8253d17b08e1d94e75eab506f9e244bbedd38731310a6fc575ec15c00dad40c731b4ea678f3730fc195922e6de237ee24def945121ed72829e4106357f9cbb1ec5f5e0a6c72d926d6a8af17621be02a85e10b2c5a4dc0240c326a7d2f1ea9b6c6bf4607cb31ee46650', 0, 1795914445806, NULL, 1795914445806, 11, 'intended', 'intended', NULL, NULL, NULL, NULL, NULL, 0, NULL, NULL, 0, NULL);
INSERT INTO public.payments_pauses VALUES ('shop-7', 'acme', 'paused', 1795914445784, 1795914745784, 'authentication failed');
INSERT INTO public.payments_rate_limits OVERRIDING SYSTEM VALUE VALUES (1, 'c0ffee', 0, 1767322245000);
INSERT INTO public.payments_schema VALUES (1, 1795914445511);
SELECT pg_catalog.setval('public.effects_id_seq', 5, true);
SELECT pg_catalog.setval('public.payments_changes_id_seq', 12, true);
SELECT pg_catalog.setval('public.payments_inbox_id_seq', 4, true);
SELECT pg_catalog.setval('public.payments_intents_id_seq', 17, true);
SELECT pg_catalog.setval('public.payments_rate_limits_id_seq', 1, true);
ALTER TABLE ONLY public.payments_changes
    ADD CONSTRAINT payments_changes_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.payments_evidence
    ADD CONSTRAINT payments_evidence_position PRIMARY KEY (intent, sequence);
ALTER TABLE ONLY public.payments_evidence
    ADD CONSTRAINT payments_evidence_source UNIQUE (intent, source);
ALTER TABLE ONLY public.payments_inbox
    ADD CONSTRAINT payments_inbox_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.payments_inbox
    ADD CONSTRAINT payments_inbox_source UNIQUE (tenant, provider, account, source);
ALTER TABLE ONLY public.payments_intents
    ADD CONSTRAINT payments_intents_key UNIQUE (tenant, provider, account, operation, reference);
ALTER TABLE ONLY public.payments_intents
    ADD CONSTRAINT payments_intents_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.payments_pauses
    ADD CONSTRAINT payments_pauses_account PRIMARY KEY (tenant, provider, account);
ALTER TABLE ONLY public.payments_rate_limits
    ADD CONSTRAINT payments_rate_limits_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.payments_schema
    ADD CONSTRAINT payments_schema_pkey PRIMARY KEY (version);
CREATE INDEX payments_changes_due ON public.payments_changes USING btree (next_try, id) WHERE (delivered_at IS NULL);
CREATE INDEX payments_changes_order ON public.payments_changes USING btree (intent, id);
CREATE INDEX payments_inbox_by_object ON public.payments_inbox USING btree (object_id, account, provider, tenant) WHERE (matched = 0);
CREATE INDEX payments_inbox_by_reference ON public.payments_inbox USING btree (reference, account, provider, tenant) WHERE (matched = 0);
CREATE INDEX payments_inbox_hints ON public.payments_inbox USING btree (received_at) WHERE ((matched = 0) AND (report = ''::text));
CREATE INDEX payments_inbox_open ON public.payments_inbox USING btree (id) WHERE ((matched = 1) AND (applied_at IS NULL));
CREATE INDEX payments_inbox_open_by_account ON public.payments_inbox USING btree (tenant, provider, account) WHERE ((matched = 1) AND (applied_at IS NULL));
CREATE INDEX payments_intents_due ON public.payments_intents USING btree (due_at, tenant, provider, account) WHERE (due_at IS NOT NULL);
CREATE INDEX payments_intents_in_review ON public.payments_intents USING btree (id) WHERE (state = 'needs_review'::text);
CREATE UNIQUE INDEX payments_intents_order ON public.payments_intents USING btree (reference, account, provider, tenant) WHERE (operation = ANY (ARRAY['start_payment'::text, 'pay_out'::text]));
CREATE INDEX payments_intents_provider_id ON public.payments_intents USING btree (provider_id, provider, tenant, account) WHERE (provider_id IS NOT NULL);
CREATE INDEX payments_intents_supersedes ON public.payments_intents USING btree (supersedes) WHERE (supersedes IS NOT NULL);
CREATE INDEX payments_rate_limits_counted ON public.payments_rate_limits USING btree (credentials, expires_at);
CREATE CONSTRAINT TRIGGER payments_changes_delivered AFTER UPDATE OF delivered_at ON public.payments_changes DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN ((new.delivered_at IS NOT NULL)) EXECUTE FUNCTION public.payments_require_grant();
CREATE TRIGGER payments_intents_changed AFTER UPDATE OF epoch, provider_id ON public.payments_intents FOR EACH ROW WHEN (((old.epoch = 0) OR (new.provider_id IS DISTINCT FROM old.provider_id))) EXECUTE FUNCTION public.payments_match_messages();
CREATE TRIGGER payments_intents_recorded AFTER INSERT ON public.payments_intents FOR EACH ROW EXECUTE FUNCTION public.payments_match_messages();
ALTER TABLE ONLY public.payments_changes
    ADD CONSTRAINT payments_changes_intent_fkey FOREIGN KEY (intent) REFERENCES public.payments_intents(id);
ALTER TABLE ONLY public.payments_evidence
    ADD CONSTRAINT payments_evidence_intent_fkey FOREIGN KEY (intent) REFERENCES public.payments_intents(id);
ALTER TABLE ONLY public.payments_intents
    ADD CONSTRAINT payments_intents_supersedes_fkey FOREIGN KEY (supersedes) REFERENCES public.payments_intents(id);
