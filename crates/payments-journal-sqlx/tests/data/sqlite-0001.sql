-- A database that the first version of the tables filled. Written once, and never changed: see tests/it/upgrade/fill.rs.
PRAGMA foreign_keys=OFF;
BEGIN TRANSACTION;
CREATE TABLE payments_schema (version INTEGER PRIMARY KEY, applied_at INTEGER NOT NULL) STRICT;
INSERT INTO payments_schema VALUES(1,1795914448594);
CREATE TABLE payments_intents (
    -- The store's id.
    id INTEGER PRIMARY KEY,
    -- The merchant's tenant; empty if there is only one.
    tenant TEXT NOT NULL CHECK (length(tenant) <= 100),
    -- The provider's name, which is the name of its crate.
    provider TEXT NOT NULL CHECK (length(provider) BETWEEN 1 AND 100),
    -- The merchant's name for the credentials; empty if there is only one set.
    account TEXT NOT NULL CHECK (length(account) <= 100),
    -- The operation's stored name.
    operation TEXT NOT NULL CHECK (length(operation) BETWEEN 1 AND 100),
    -- The merchant's own reference.
    reference TEXT NOT NULL CHECK (length(reference) BETWEEN 1 AND 255),
    -- The amount in the currency's smallest unit (paise, cents, fils); `NULL` if the operation has none.
    amount INTEGER,
    -- The currency's code, three capital letters; `NULL` if the operation has no amount.
    currency TEXT CHECK (currency GLOB '[A-Z][A-Z][A-Z]'),
    -- The version of the parameters' form.
    version INTEGER NOT NULL CHECK (version BETWEEN 0 AND 4294967295),
    -- The id of the journal's key that the MAC and the seal were made with.
    key_id TEXT NOT NULL,
    -- The MAC of the parameters, to compare a repeated intent with this one.
    mac BLOB NOT NULL CHECK (length(mac) > 0),
    -- The sealed parameters.
    parameters BLOB NOT NULL,
    -- 1 if only the process with the card in memory may send it, else 0.
    by_ticket INTEGER NOT NULL CHECK (by_ticket IN (0, 1)),
    -- When it was recorded, in Unix milliseconds.
    recorded_at INTEGER NOT NULL CHECK (recorded_at BETWEEN 100000000000 AND 100000000000000),
    -- When an intent that was not sent is abandoned, in Unix milliseconds; `NULL` for never.
    expires_at INTEGER CHECK (expires_at BETWEEN 100000000000 AND 100000000000000),
    -- When a worker looks at it next, in Unix milliseconds; `NULL` for never.
    due_at INTEGER CHECK (due_at BETWEEN 100000000000 AND 100000000000000),
    -- The intent that this one does again, after a review.
    supersedes INTEGER REFERENCES payments_intents (id),
    -- The state: `intended`, `sending`, `pending`, `succeeded`, `failed`, `reversed`, `refused`, `unknown`, `needs_review`
    -- or `abandoned`.
    state TEXT NOT NULL DEFAULT 'intended',
    -- The last state that a change reported. `sending` is not reported.
    reported TEXT NOT NULL DEFAULT 'intended',
    -- The provider's last known status as JSON, such as `"succeeded"`.
    status TEXT CHECK (json_valid(status)),
    -- The order's amount at the provider, if it differs from the intended one, in the currency's smallest unit.
    order_amount INTEGER,
    -- The currency's code of that amount.
    order_currency TEXT,
    -- The code of the reason why a person must look at it.
    review TEXT,
    -- The provider's id of the order, once it is known.
    provider_id TEXT,
    -- The number of claims and lookups so far.
    epoch INTEGER NOT NULL DEFAULT 0 CHECK (epoch >= 0),
    -- The process that works on it: 32 hexadecimal digits, random per start.
    lease_owner TEXT,
    -- When the lease is over, in Unix milliseconds.
    lease_until INTEGER,
    -- How often in a row a step brought nothing new.
    tries INTEGER NOT NULL DEFAULT 0 CHECK (tries BETWEEN 0 AND 4294967295),
    -- The last error in words, without any parameters.
    problem TEXT,
    CONSTRAINT payments_intents_key UNIQUE (tenant, provider, account, operation, reference),
    CONSTRAINT payments_intents_amount_has_currency CHECK ((amount IS NULL) = (currency IS NULL)),
    CONSTRAINT payments_intents_order_amount_has_currency CHECK ((order_amount IS NULL) = (order_currency IS NULL)),
    CONSTRAINT payments_intents_lease_is_whole CHECK ((lease_owner IS NULL) = (lease_until IS NULL))
) STRICT;
INSERT INTO payments_intents VALUES(1,'','acme','','pay_out','succeeded-1',250000,'INR',1,'2026',X'8ab4abdd593f1d5a97b6e0cc31d78cebcfb217de6869692523da0af3c57fc891',X'0f481eac3747071f4537f59fc204b124309801fff1da9cf6c3d6e243b365634dd668ea31613101d57210c9d03f4c3e94103c71b3943d4700d083689a5151cb8750a158fc6b6ff53fcf18fc77996d610b8c04925dda0ab5b57ec11177dcf965e6d8e776043070efcb8cd74a554525571dfd9d8e656ae47743d8817e12408cab51bef557efcde557177c3c1b8a1010fb4b8f95c639b098e7646f07b815fa7ecff9cdbf1cf099935777d9a4696f9e9400',0,1795914443647,NULL,NULL,NULL,'succeeded','succeeded','"succeeded"',NULL,NULL,NULL,'po-succeeded-1',1,NULL,NULL,0,NULL);
INSERT INTO payments_intents VALUES(2,'','acme','','pay_out','succeeded-2',250000,'INR',1,'2026',X'90cd87851ddd27c59de8b0a224555c14d1b4a6e91420aa18c23d870069b6f68e',X'b6c12cfbf68832795fc1ec0f3fd05a43959ecc164149ef462e71e5a8a8a2032dc8c4e7f97df5f83647c7ff0a4d3e3657bce17cdee435ed4deacb1d4f23d39123a3e6cbe197741e6a26d3648ad828c0393e5903b132825e77761d1a11d2433bb38ebfec7533b3bddd085d2231fb3f4d060f767d0e1506fb2a7861d11fae83c9b3906d7c0cbab8999e97024396df14d7abda5747adcfc56252fc60e0078b2c20d9daa921a24c714077690ae9779781bd',0,1795914443673,NULL,NULL,NULL,'succeeded','succeeded','"succeeded"',NULL,NULL,NULL,'po-succeeded-2',1,NULL,NULL,0,NULL);
INSERT INTO payments_intents VALUES(3,'','acme','','pay_out','failed-1',250000,'INR',1,'2026',X'e7fb6376cc994800608bc484e169896248dfe0287786f420d8af233e5bab775b',X'4377334e82a038c16f9db80bdb4842daedb9e20c4f2b2eeb45baf99ad3638c4836f412ea0f487c27ca054ad1d868e52781796b6018c3e2991b5eb64125c70a20acc878c960871b6d492f9be8e5e5f42cdbcdbf4746e08827f5ed313bf1ff8fc717edfc9558e60ad07d7f8b97a223b528858a6d7c7d65173448fcef4dff2cf7c11a5d9881d084af79b3a24a9c08dff85aa75b6e2019e39f0dcf07ec44523b73e766141dc380b7479d6035049f',0,1795914443684,NULL,NULL,NULL,'failed','failed','"failed"',NULL,NULL,NULL,'po-failed-1',1,NULL,NULL,0,NULL);
INSERT INTO payments_intents VALUES(4,'','acme','','pay_out','refused-1',250000,'INR',1,'2026',X'ae09c1cc26b050d37d68f721c1e9e98fe673311cba4bab54312b4e19d819e6eb',X'c55e9057be7ea311c28c001b8710f73260b8c4f4ee84d77c64673736300341f0ca92b847dd993831b094c377f0d18c6ddd25338703ce7efa16c32b60cdc5f6dc173c1229267b7f3bbbe5b94613858a579992efa87b1476f346bac109fd66470b1684f17ef45893b731b069a15c5fe4f83443bd899b9cfc8d39beda9238012589ce2fd469c97893abaf309a31f612397b93af81bebdded6d32e77ef8fb1e4589860abc0bddc305a8a010c69e9ea',0,1795914443697,NULL,NULL,NULL,'refused','refused',NULL,NULL,NULL,NULL,NULL,1,NULL,NULL,0,'invalid request');
INSERT INTO payments_intents VALUES(5,'','acme','','start_payment','reversed-1',250000,'INR',1,'2026',X'cfa26ce0391654fb101beffdd9ac873f22f89006c50781445c689b8e496a86dd',X'37843fc8cd223b7b0d0d882ed987748c8dd88bc1509f11ae20693d7797c33560974d1d9136a7f88038d29511337b552f6486252ef8ba6c328a23a78ae7ecf03be06b2af4aded755af6d123712e8b90f014639f3831cf5b89d9618a6d10555dd61e53624b35c81cf7caa205b6c4015fd8a22df9bc479ca09eedce7fcd4904',0,1795914443710,NULL,NULL,NULL,'reversed','reversed','"refunded"',NULL,NULL,NULL,'po-reversed-1',1,NULL,NULL,0,NULL);
INSERT INTO payments_intents VALUES(6,'','acme','','pay_out','abandoned-1',250000,'INR',1,'2026',X'3e6ec40dc07e63df6234faf1ad2a043090b4708feae749d6bfb03578a82d2192',X'be643c2126959d39cc729b5c289eb32d5bfb08115856e02d27ca24d9e6be83ef24080d8bf5255273cf5c337d832602c550c984caee1c03c83b30f9f9163761e5307f01c7257d392415a42e82dc6e6d14379118e9dd3400e01dee2b24d10202835befa2da2ee8aadb98e972b79ec81afd8fb24abea556fe2592f48be0a27ab37578b6e6e5a9b68ff1f5d16e9bbe286095349c376831b1e29b98878045e9af23aa3720f2756414b7f9a6728de9f222de',0,1795914443841,NULL,NULL,NULL,'abandoned','abandoned',NULL,NULL,NULL,NULL,NULL,0,NULL,NULL,0,NULL);
INSERT INTO payments_intents VALUES(7,'','acme','','pay_out','pending-1',250000,'INR',1,'2026',X'e3cd841fe8cad4950aa75de73069b622eecb0fb5fd19ce6694142df842a7dbeb',X'be6fae02828092dfdf55fd8a7cdf52f4f26e0ebccf53c7d485b08372089901ad55a37a4ec4a68638d4830a0f8772351ea17708916fa717941b4fdbadd64e37b22e3efa0a972ad1242e62f747050683b273ee9e5ea916516c1a6c6d7120571eb32597d11b18b9344e28b501e446ce1e95959aa5ef9d5a5cc417e236917bb9e0709bc8c418fead6827943af9093955197dd2eb09b993acc44a396f3c80eed80ad9e417691879fcb657598f0020bf',0,1795914443857,NULL,1795914478594,NULL,'pending','pending','"processing"',NULL,NULL,NULL,'po-pending-1',1,NULL,NULL,0,NULL);
INSERT INTO payments_intents VALUES(8,'','acme','','pay_out','pending-event',250000,'INR',1,'2026',X'13676288d2bfc3d5ebd8ae1bd388c9029aa63d687141a1c8214957ff48c4755d',X'97f9a8c5e0f1669c5d5cbff0f416df1aba82be8c333223b78ab6c2ce0e8c48bfc4346b840a237c6d09f91cfdcf0f4376749dde24af634bb790f676f6f20663c248bea5772f485dfad92c2e437da5085fcd56e78c783e9fe4592943eac502054ac7be23307aba64eb055a3795fa4eb05f60656d386b665d02719913fdfbdc6ade26364d46978f20eef05324a30eb1d2ce573c8326636ea022731ed9e96b50421637e731152dcbdd1db426f205dfccbefe44',0,1795914443861,NULL,1795914478594,NULL,'pending','pending','"processing"',NULL,NULL,NULL,'po-pending-event',1,NULL,NULL,0,NULL);
INSERT INTO payments_intents VALUES(9,'','acme','','pay_out','unknown-1',250000,'INR',1,'2026',X'a5055db69a696cab158cec2780d9b34b484de9a956272eaff504182e5c8a42e1',X'3723667d4aa8f0c2897d716c972696ef8e23da93c86dea872272481dffa1861d8a82ef27e04baf69d1c98093884ce284df9ed66459c92236051c973682f898fb05ca4457cf67bd1dc7b5c7b4a5ccfa2d12aa68215922855c623e47c5f15df48e12aeaad6981cd007d2921979ee7e8c7d84dd98b7b82e9950618670a11efeefdc88406e7160b07177f9a2b30af0d4344254447cd682c3934f032389eac0cc95d3abaf1c40a057f80ea41e468e87',0,1795914443864,NULL,1795914449594,NULL,'unknown','unknown',NULL,NULL,NULL,NULL,NULL,1,NULL,NULL,1,'timeout');
INSERT INTO payments_intents VALUES(10,'','acme','','pay_out','unknown-2',250000,'INR',1,'2026',X'8c790a9ac383ee808f3e128f84fb55ba4df50abf22cc1d88d279399ef0b7dcd8',X'f9022f9908d1ae80ac1c1eeb0d1651ce6b70e4ff47870bf2390d490bcf1b299dab17f21e241bbe405e279cde808cfd184f0640bef47c6a88b5c53a186d00379c75226dc34db4753c4e01c1437faa6a441b4ac4242c34b25fcfcddff30758db6ee450a448dd0f7db6a8fb1fe307549404eb19d3a85e0788ca89afccc46beb99bec0589852cb2937fa05c097710299f172bb190a01cd4e8d92302038732617507f185434e3b26336e6d7a3d8c549',0,1795914443866,NULL,1795914449594,NULL,'unknown','unknown',NULL,NULL,NULL,NULL,NULL,1,NULL,NULL,1,'timeout');
INSERT INTO payments_intents VALUES(11,'','acme','','pay_out','needs_review-1',250000,'INR',1,'2026',X'6f9c603f798676b987549a23554784d11771c8b693e5864cd7e13f628fb74497',X'98c07f49597b729e0243d46cdf22b67c59216183d3c661ac36fae1d502215e57ae2a84c54dda551c92d4c92284c22b0baa67db3968d563ef9185e62a482174d8678fa37d42b13719503ff3f003137d40c1b584963e6571678ca62818091c4792029366e41fc711008ae13bea4af6a137b4a23c95f27567b697c59d281708d8778690060840ab5c43da0c4c9b02d27eaaa0e49ce8d3b500955ac7692c7c39d270b010928a2d6828270f42c7e3809d150404f7',0,1795914443868,NULL,NULL,NULL,'needs_review','needs_review',NULL,NULL,NULL,'contradiction','po-needs_review-1',1,NULL,NULL,0,NULL);
INSERT INTO payments_intents VALUES(12,'','acme','','pay_out','sending-1',250000,'INR',1,'2026',X'df294dab25be756f790621a2fadb18d01c4bc9ebe2ad1371e8e03e0e169029ac',X'9415ca91f8d47c80b063bb077b7d63bb1ee919b96d2ffa09e2e25ff2506fada8e3e9ef888175d00d35c00dcc2d69b375581f38398125a27802b363ab5f9752f220334df47ba39a2f479441401d0373e491620be47bebad14b9aac06efbbc35600480c11707f0f2a1d9b3c30774294350e59ade136c3eb047495fdeb7c26ee29a7c628e91e5c2696facc49c2f9cbce2966fbf37c0733ccf6fe92988f7660c54b61f02fe829acf285b7274b6b6e1',0,1795914443870,NULL,1795914538594,NULL,'sending','intended',NULL,NULL,NULL,NULL,NULL,1,'11ff638100d3ac0bd5f0e13b0466269e',1795914538594,0,NULL);
INSERT INTO payments_intents VALUES(13,'','acme','','pay_out','intended-1',250000,'INR',1,'2026',X'a8d3bc01b8fce634f8449e78ceea78e20fc4e452ade33815791fd4f3f74aa956',X'8a3de76191e141170d9885f5882995682f1941870ba6126a5c9817c9cdce73c6c9634c1a21e23e25a015d7dbeef1b8ab121a789eba6384a9bad18bf9d1bd66b2d4bdeee5a757b5fa477763cdd7cbf7921360c0c1a854ca6f716906762741bfa3920b0372e57eb71124b55d747399a9466b930f84ca02b4714df917c83daaf046812571c1eae7e76aae3bd67c90bd3433517bf44fbafd264ac2c7177bea8411c83a5c3936e778002ab3662e84fdb8',0,1795914443880,NULL,1795914443880,NULL,'intended','intended',NULL,NULL,NULL,NULL,NULL,0,NULL,NULL,0,NULL);
INSERT INTO payments_intents VALUES(14,'shop-7','acme','paused','pay_out','intended-paused',250000,'INR',1,'2026',X'5ffcd2d054a1710dfa93493e4c0442abe177a197d6e32e207aae2646ed363027',X'86836b7e60fe1e04a89f10fd976365b85459d0599f293ebf6b1860e47732d63cf589d8b5320cc6bc071d8bfda32c69ed7cde5043ea11a3a0380cc57d8a6faaae44b3d105bd8c29094689c1330fbdbf26a8d7f8dc1c10cb3b965a97968421f121840835cc6741685d9af1a9b3dcd559399fe9d3294d497e66a1fb1951e3dfbba63a6423739235750332cdaea86fd93925e88ffa5162ae0afc4aeaa6e6f12ca69357d812718d1ea9b0799a44718d1ec9921348ee',0,1795914443881,NULL,1795914749594,NULL,'intended','intended',NULL,NULL,NULL,NULL,NULL,1,NULL,NULL,1,'authentication failed');
INSERT INTO payments_intents VALUES(15,'','acme','','start_payment','intended-card',250000,'INR',1,'2026',X'7a64e058a6aaef86e0d57f665065c82ba7378cf4af09fe21b59712ec68ced38b',X'45e6f4a6d51c000466dfd422533abbeb8613e8c3f9c527d220b3515f79bd45774ae3e8254865d626e839456fcaa5d0a7f2c652056bfd3f9463c9d333ccf65e96c0be3d2282430bf341ef4a67747e030cb2de193edd939d4c88abf052f65611bad6c08902a727b02958b274dc04e5d89ece6f31f21d88c1e0b7b8bae523e28684603868150622b9f6085fb34a7c4e3e970d5b8330de039ee77e7842d901ee31440844',1,1795914443884,1795918043884,1795918043884,NULL,'intended','intended',NULL,NULL,NULL,NULL,NULL,0,NULL,NULL,0,NULL);
INSERT INTO payments_intents VALUES(16,'','acme','','refund','intended-without-client',250000,'INR',1,'2026',X'1a5cb5f5bf2ba493ececa3476bb76d2bde453d016083a287267fed702a00d9dd',X'd781254e6450ad0ec70af6b5e962b34c5e9cf82930c79e11f6b515fab3d188f1b975bd50713a580d822e7eb0ecd71d4bd98907198f7f209958cba89dc581c3c10c462cb0a829ebca8f5e7454194b02156b16c2da3c2401f3b6cce715f1c338b391cd816eb453a660de4557f830a8a8f6d08e2d19def99fb90679e0c5f8e39254bfbc80d1290d0b220e40354ab79c3dfb7f283d2eb1f3573b',0,1795914443885,NULL,1795914443885,NULL,'intended','intended',NULL,NULL,NULL,NULL,NULL,0,NULL,NULL,0,NULL);
INSERT INTO payments_intents VALUES(17,'','acme','','pay_out','intended-superseding',250000,'INR',1,'2026',X'fae173d3a154f598b92fc08b35a65f51daa6978679cccf467b71b10ccda2d336',X'be9f7a8d5667cc9b3f2b8193a0a1a5424bf19854da0a66d72e607056147dc2b644fdd4dea5d263b8e364546fa77fbabe311e56a316325415364c21df0a1ec1f6081ffcf385c8875951e7bd3b74ac07bd580e9dab1c575f5c0e32d1cd246857c91bad7fc4e97d8ca778dbfaf1fba50c8a7ae7a3d88c0a1c535a7896f7f273a083193a4aae83bd13081ecc4ff66747d20c8c11f74d83df1520a0d1fbfe6a8661a4fed21ceb77706acb38521fc392c203f2057cf5e78e361a14',0,1795914443886,NULL,1795914443886,11,'intended','intended',NULL,NULL,NULL,NULL,NULL,0,NULL,NULL,0,NULL);
CREATE TABLE payments_evidence (
    -- The intent.
    intent INTEGER NOT NULL REFERENCES payments_intents (id),
    -- The position: later facts have greater numbers.
    sequence INTEGER NOT NULL CHECK (sequence > 0),
    -- When it was stored, in Unix milliseconds.
    at INTEGER NOT NULL CHECK (at BETWEEN 100000000000 AND 100000000000000),
    -- The fact as JSON, such as `{"claimed":{"attempt":"…","protection":"key"}}`.
    fact TEXT NOT NULL CHECK (json_valid(fact)),
    -- Where it is from, so that one source counts once per intent.
    source TEXT NOT NULL,
    CONSTRAINT payments_evidence_position PRIMARY KEY (intent, sequence),
    CONSTRAINT payments_evidence_source UNIQUE (intent, source)
) STRICT, WITHOUT ROWID;
INSERT INTO payments_evidence VALUES(1,1,1795914448594,'{"claimed":{"attempt":"954b04804fd3afebeb985a34c403a812","protection":"none"}}','claim:954b04804fd3afebeb985a34c403a812');
INSERT INTO payments_evidence VALUES(1,2,1795914448594,'{"ended":{"attempt":"954b04804fd3afebeb985a34c403a812","result":{"accepted":{"status":{"status":"succeeded","is_final":true}}}}}','call:954b04804fd3afebeb985a34c403a812');
INSERT INTO payments_evidence VALUES(2,1,1795914448594,'{"claimed":{"attempt":"e5f847164d851629b072d53075f29e11","protection":"none"}}','claim:e5f847164d851629b072d53075f29e11');
INSERT INTO payments_evidence VALUES(2,2,1795914448594,'{"ended":{"attempt":"e5f847164d851629b072d53075f29e11","result":{"accepted":{"status":{"status":"succeeded","is_final":true}}}}}','call:e5f847164d851629b072d53075f29e11');
INSERT INTO payments_evidence VALUES(3,1,1795914448594,'{"claimed":{"attempt":"ff3f373b837eeca8bb2dd5f506a94cc6","protection":"none"}}','claim:ff3f373b837eeca8bb2dd5f506a94cc6');
INSERT INTO payments_evidence VALUES(3,2,1795914448594,'{"ended":{"attempt":"ff3f373b837eeca8bb2dd5f506a94cc6","result":{"accepted":{"status":{"status":"failed","is_final":true}}}}}','call:ff3f373b837eeca8bb2dd5f506a94cc6');
INSERT INTO payments_evidence VALUES(4,1,1795914448594,'{"claimed":{"attempt":"c6f7450c5842846af56b0050ee9f1a4b","protection":"none"}}','claim:c6f7450c5842846af56b0050ee9f1a4b');
INSERT INTO payments_evidence VALUES(4,2,1795914448594,'{"ended":{"attempt":"c6f7450c5842846af56b0050ee9f1a4b","result":"refused"}}','call:c6f7450c5842846af56b0050ee9f1a4b');
INSERT INTO payments_evidence VALUES(5,1,1795914448594,'{"claimed":{"attempt":"94d2d02314b45243fe063ad527109af5","protection":"none"}}','claim:94d2d02314b45243fe063ad527109af5');
INSERT INTO payments_evidence VALUES(5,2,1795914448594,'{"ended":{"attempt":"94d2d02314b45243fe063ad527109af5","result":{"accepted":{"status":{"status":"succeeded","is_final":true}}}}}','call:94d2d02314b45243fe063ad527109af5');
INSERT INTO payments_evidence VALUES(5,3,1795914448594,'{"event":{"status":{"status":"refunded","is_final":true}}}','event:evt-1');
INSERT INTO payments_evidence VALUES(6,1,1795914448594,'"abandoned"','cancelled');
INSERT INTO payments_evidence VALUES(7,1,1795914448594,'{"claimed":{"attempt":"c22d2e6ea1cfcef1e51398d9c40cd3b5","protection":"none"}}','claim:c22d2e6ea1cfcef1e51398d9c40cd3b5');
INSERT INTO payments_evidence VALUES(7,2,1795914448594,'{"ended":{"attempt":"c22d2e6ea1cfcef1e51398d9c40cd3b5","result":{"accepted":{"status":{"status":"processing","is_final":false}}}}}','call:c22d2e6ea1cfcef1e51398d9c40cd3b5');
INSERT INTO payments_evidence VALUES(8,1,1795914448594,'{"claimed":{"attempt":"baa6a3df0324f2c52e16d519790bf55b","protection":"none"}}','claim:baa6a3df0324f2c52e16d519790bf55b');
INSERT INTO payments_evidence VALUES(8,2,1795914448594,'{"ended":{"attempt":"baa6a3df0324f2c52e16d519790bf55b","result":{"accepted":{"status":{"status":"processing","is_final":false}}}}}','call:baa6a3df0324f2c52e16d519790bf55b');
INSERT INTO payments_evidence VALUES(9,1,1795914448594,'{"claimed":{"attempt":"b461c7eb29acaa784e02fb5c1702a264","protection":"none"}}','claim:b461c7eb29acaa784e02fb5c1702a264');
INSERT INTO payments_evidence VALUES(9,2,1795914448594,'{"ended":{"attempt":"b461c7eb29acaa784e02fb5c1702a264","result":"unknown"}}','call:b461c7eb29acaa784e02fb5c1702a264');
INSERT INTO payments_evidence VALUES(10,1,1795914448594,'{"claimed":{"attempt":"5522edb0a4cd49711e06d3e7db68670b","protection":"none"}}','claim:5522edb0a4cd49711e06d3e7db68670b');
INSERT INTO payments_evidence VALUES(10,2,1795914448594,'{"ended":{"attempt":"5522edb0a4cd49711e06d3e7db68670b","result":"unknown"}}','call:5522edb0a4cd49711e06d3e7db68670b');
INSERT INTO payments_evidence VALUES(11,1,1795914448594,'{"claimed":{"attempt":"612bf6cea5229f9997dd0c96a31505c0","protection":"none"}}','claim:612bf6cea5229f9997dd0c96a31505c0');
INSERT INTO payments_evidence VALUES(11,2,1795914448594,'{"ended":{"attempt":"612bf6cea5229f9997dd0c96a31505c0","result":{"accepted":"contradicts"}}}','call:612bf6cea5229f9997dd0c96a31505c0');
INSERT INTO payments_evidence VALUES(12,1,1795914448594,'{"claimed":{"attempt":"5fc9d8dee644f4ad514024810e61a3d5","protection":"none"}}','claim:5fc9d8dee644f4ad514024810e61a3d5');
INSERT INTO payments_evidence VALUES(14,1,1795914448594,'{"claimed":{"attempt":"f5a23f1f5d52550923115f8d68a83d58","protection":"none"}}','claim:f5a23f1f5d52550923115f8d68a83d58');
INSERT INTO payments_evidence VALUES(14,2,1795914448594,'{"ended":{"attempt":"f5a23f1f5d52550923115f8d68a83d58","result":"account_refused"}}','call:f5a23f1f5d52550923115f8d68a83d58');
CREATE TABLE payments_changes (
    -- The store's id. The changes of one intent are delivered in this order.
    id INTEGER PRIMARY KEY,
    -- The intent.
    intent INTEGER NOT NULL REFERENCES payments_intents (id),
    -- The state before.
    from_state TEXT NOT NULL,
    -- The state after.
    to_state TEXT NOT NULL,
    -- The provider's status as JSON, if one was known.
    status TEXT CHECK (json_valid(status)),
    -- The order's amount at the provider, if it differs from the intended one, in the currency's smallest unit.
    order_amount INTEGER,
    -- The currency's code of that amount.
    order_currency TEXT,
    -- The code of the reason why a person must look at it.
    review TEXT,
    -- When the state changed, in Unix milliseconds.
    at INTEGER NOT NULL CHECK (at BETWEEN 100000000000 AND 100000000000000),
    -- When the hook's transaction was committed, in Unix milliseconds; `NULL` before.
    delivered_at INTEGER,
    -- How often the hook failed.
    failures INTEGER NOT NULL DEFAULT 0 CHECK (failures BETWEEN 0 AND 4294967295),
    -- The last failure in words.
    problem TEXT,
    -- When the hook runs next, in Unix milliseconds.
    next_try INTEGER NOT NULL CHECK (next_try BETWEEN 100000000000 AND 100000000000000)
) STRICT;
INSERT INTO payments_changes VALUES(1,1,'intended','succeeded','"succeeded"',NULL,NULL,NULL,1795914448594,1795914448594,0,NULL,1795914448594);
INSERT INTO payments_changes VALUES(2,2,'intended','succeeded','"succeeded"',NULL,NULL,NULL,1795914448594,1795914448594,0,NULL,1795914448594);
INSERT INTO payments_changes VALUES(3,3,'intended','failed','"failed"',NULL,NULL,NULL,1795914448594,NULL,1,'the ledger is closed',1795914449594);
INSERT INTO payments_changes VALUES(4,4,'intended','refused',NULL,NULL,NULL,NULL,1795914448594,1795914448594,0,NULL,1795914448594);
INSERT INTO payments_changes VALUES(5,5,'intended','succeeded','"succeeded"',NULL,NULL,NULL,1795914448594,1795914448594,0,NULL,1795914448594);
INSERT INTO payments_changes VALUES(6,5,'succeeded','reversed','"refunded"',NULL,NULL,NULL,1795914448594,1795914448594,0,NULL,1795914448594);
INSERT INTO payments_changes VALUES(7,6,'intended','abandoned',NULL,NULL,NULL,NULL,1795914448594,NULL,0,NULL,1795914448594);
INSERT INTO payments_changes VALUES(8,7,'intended','pending','"processing"',NULL,NULL,NULL,1795914448594,NULL,0,NULL,1795914448594);
INSERT INTO payments_changes VALUES(9,8,'intended','pending','"processing"',NULL,NULL,NULL,1795914448594,NULL,0,NULL,1795914448594);
INSERT INTO payments_changes VALUES(10,9,'intended','unknown',NULL,NULL,NULL,NULL,1795914448594,NULL,0,NULL,1795914448594);
INSERT INTO payments_changes VALUES(11,10,'intended','unknown',NULL,NULL,NULL,NULL,1795914448594,NULL,0,NULL,1795914448594);
INSERT INTO payments_changes VALUES(12,11,'intended','needs_review',NULL,NULL,NULL,'contradiction',1795914448594,NULL,0,NULL,1795914448594);
CREATE TABLE payments_inbox (
    -- The store's id. It is never used again, because unmatched hints are deleted after an hour.
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    -- The tenant of the account that received it.
    tenant TEXT NOT NULL,
    -- The provider.
    provider TEXT NOT NULL,
    -- The merchant's name for the credentials.
    account TEXT NOT NULL,
    -- The provider's id of the event, or the digest of the body.
    source TEXT NOT NULL,
    -- The merchant's reference, if the message contains it.
    reference TEXT,
    -- The provider's id of the order, if the message contains it.
    object_id TEXT,
    -- The operations that it can be about: a JSON array of stored names.
    operations TEXT NOT NULL CHECK (iif(json_valid(operations), json_type(operations) = 'array', 0)),
    -- What the event reports, in its stored form; empty for a hint.
    report TEXT NOT NULL CHECK (report = '' OR json_valid(report)),
    -- When it was received, in Unix milliseconds.
    received_at INTEGER NOT NULL CHECK (received_at BETWEEN 100000000000 AND 100000000000000),
    -- 1 once an intent matches, by the reference and the operation or by the provider's id; else 0.
    matched INTEGER NOT NULL CHECK (matched IN (0, 1)),
    -- When it was applied to the intents that match, in Unix milliseconds; `NULL` before.
    applied_at INTEGER,
    CONSTRAINT payments_inbox_source UNIQUE (tenant, provider, account, source)
) STRICT;
INSERT INTO payments_inbox VALUES(1,'','acme','','event:evt-1','reversed-1','po-reversed-1','["start_payment","pay_out"]','{"stored":"payments.event_report/1","event_id":"evt-1","reference":"reversed-1","object_id":"po-reversed-1","operations":["start_payment","pay_out"],"status":"refunded","is_final":true,"amount":{"exact":"2500.00"},"currency":{"known":"INR"},"live":null}',1795914443715,1,1795914448594);
INSERT INTO payments_inbox VALUES(2,'','acme','','event:evt-2','pending-event','po-pending-event','["start_payment","pay_out"]','{"stored":"payments.event_report/1","event_id":"evt-2","reference":"pending-event","object_id":"po-pending-event","operations":["start_payment","pay_out"],"status":"succeeded","is_final":true,"amount":{"exact":"2500.00"},"currency":{"known":"INR"},"live":null}',1795914443887,1,NULL);
INSERT INTO payments_inbox VALUES(3,'','acme','','event:evt-3','later-1','po-later-1','["start_payment","pay_out"]','{"stored":"payments.event_report/1","event_id":"evt-3","reference":"later-1","object_id":"po-later-1","operations":["start_payment","pay_out"],"status":"succeeded","is_final":true,"amount":{"exact":"2500.00"},"currency":{"known":"INR"},"live":null}',1795914443887,0,NULL);
INSERT INTO payments_inbox VALUES(4,'','acme','','hint:7:later-1:0:','later-1','po-later-1','["start_payment","pay_out"]','',1795914443888,0,NULL);
CREATE TABLE payments_pauses (
    -- The merchant's tenant.
    tenant TEXT NOT NULL,
    -- The provider.
    provider TEXT NOT NULL,
    -- The merchant's name for the credentials.
    account TEXT NOT NULL,
    -- When it was paused, in Unix milliseconds.
    since INTEGER NOT NULL CHECK (since BETWEEN 100000000000 AND 100000000000000),
    -- When it is tried again, in Unix milliseconds.
    until INTEGER NOT NULL CHECK (until BETWEEN 100000000000 AND 100000000000000),
    -- The error in words.
    problem TEXT NOT NULL,
    CONSTRAINT payments_pauses_account PRIMARY KEY (tenant, provider, account)
) STRICT, WITHOUT ROWID;
INSERT INTO payments_pauses VALUES('shop-7','acme','paused',1795914448594,1795914748594,'authentication failed');
CREATE TABLE payments_rate_limits (
    -- The store's id. It is never used again: a call that ends late must not end another one.
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    -- A digest of the credentials.
    credentials TEXT NOT NULL,
    -- 1 if the call has ended, else 0.
    ended INTEGER NOT NULL DEFAULT 0,
    -- Until when the call counts, in Unix milliseconds: one window after it ended, or must have ended.
    expires_at INTEGER NOT NULL
) STRICT;
INSERT INTO payments_rate_limits VALUES(1,'c0ffee',0,1767322245000);
CREATE TABLE effects (id INTEGER PRIMARY KEY, what TEXT);
INSERT INTO effects VALUES(1,'succeeded-1 succeeded');
INSERT INTO effects VALUES(2,'succeeded-2 succeeded');
INSERT INTO effects VALUES(3,'refused-1 refused');
INSERT INTO effects VALUES(4,'reversed-1 succeeded');
INSERT INTO effects VALUES(5,'reversed-1 reversed');
DELETE FROM sqlite_sequence;
INSERT INTO sqlite_sequence VALUES('payments_inbox',4);
INSERT INTO sqlite_sequence VALUES('payments_rate_limits',1);
CREATE UNIQUE INDEX payments_intents_order ON payments_intents (reference, account, provider, tenant)
    WHERE operation IN ('start_payment', 'pay_out');
CREATE INDEX payments_intents_due ON payments_intents (due_at, tenant, provider, account) WHERE due_at IS NOT NULL;
CREATE INDEX payments_intents_in_review ON payments_intents (id) WHERE state = 'needs_review';
CREATE INDEX payments_intents_supersedes ON payments_intents (supersedes) WHERE supersedes IS NOT NULL;
CREATE INDEX payments_intents_provider_id ON payments_intents (provider_id, provider, tenant, account)
    WHERE provider_id IS NOT NULL;
CREATE INDEX payments_changes_due ON payments_changes (next_try, id) WHERE delivered_at IS NULL;
CREATE INDEX payments_changes_order ON payments_changes (intent, id);
CREATE INDEX payments_inbox_open ON payments_inbox (id) WHERE matched = 1 AND applied_at IS NULL;
CREATE INDEX payments_inbox_open_by_account ON payments_inbox (tenant, provider, account)
    WHERE matched = 1 AND applied_at IS NULL;
CREATE INDEX payments_inbox_by_reference ON payments_inbox (reference, account, provider, tenant) WHERE matched = 0;
CREATE INDEX payments_inbox_by_object ON payments_inbox (object_id, account, provider, tenant) WHERE matched = 0;
CREATE INDEX payments_inbox_hints ON payments_inbox (received_at) WHERE matched = 0 AND report = '';
CREATE TRIGGER payments_intents_recorded AFTER INSERT ON payments_intents BEGIN
    UPDATE payments_inbox SET matched = 1
    WHERE matched = 0 AND reference = new.reference AND account = new.account AND provider = new.provider
        AND tenant = new.tenant AND new.operation IN (SELECT value FROM json_each(operations));
END;
CREATE TRIGGER payments_intents_identified AFTER UPDATE OF provider_id ON payments_intents
WHEN new.provider_id IS NOT old.provider_id BEGIN
    UPDATE payments_inbox SET matched = 1
    WHERE matched = 0 AND object_id = new.provider_id AND account = new.account AND provider = new.provider
        AND tenant = new.tenant;
END;
CREATE INDEX payments_rate_limits_counted ON payments_rate_limits (credentials, expires_at);
COMMIT;
