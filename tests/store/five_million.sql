SELECT * FROM pg_catalog.pg_restore_relation_stats(
	'version', '180006'::integer,
	'schemaname', 'public',
	'relname', 'idempotency_keys',
	'relpages', '77656'::integer,
	'reltuples', '4.655016e+06'::real,
	'relallvisible', '77623'::integer,
	'relallfrozen', '62449'::integer
);
SELECT * FROM pg_catalog.pg_restore_attribute_stats(
	'version', '180006'::integer,
	'schemaname', 'public',
	'relname', 'idempotency_keys',
	'attname', 'bound_at',
	'inherited', 'f'::boolean,
	'null_frac', '0'::real,
	'avg_width', '8'::integer,
	'n_distinct', '-1'::real,
	'histogram_bounds', '{"2026-10-28 04:44:25.596506+00","2026-10-28 11:47:13.797722+00","2026-10-28 18:11:38.654426+00","2026-10-29 00:26:05.661146+00","2026-10-29 07:40:31.611482+00","2026-10-29 14:55:38.242394+00","2026-10-29 22:18:03.09065+00","2026-10-30 04:23:18.077402+00","2026-10-30 11:19:08.14409+00","2026-10-30 18:51:46.29065+00","2026-10-31 02:07:41.326298+00","2026-10-31 09:26:36.077402+00","2026-10-31 17:01:17.810522+00","2026-10-31 23:59:49.054682+00","2026-11-01 06:47:34.044122+00","2026-11-01 14:38:22.32713+00","2026-11-01 22:31:03.897818+00","2026-11-02 06:07:21.410522+00","2026-11-02 12:44:45.892442+00","2026-11-02 19:58:30.132314+00","2026-11-03 02:48:36.731354+00","2026-11-03 09:32:16.092506+00","2026-11-03 16:41:18.65801+00","2026-11-04 00:32:11.06057+00","2026-11-04 07:55:31.007834+00","2026-11-04 14:13:14.723162+00","2026-11-04 21:49:29.661146+00","2026-11-05 05:15:21.51689+00","2026-11-05 12:31:02.134106+00","2026-11-05 19:37:35.36585+00","2026-11-06 02:42:19.429466+00","2026-11-06 09:59:26.557274+00","2026-11-06 16:41:44.04233+00","2026-11-07 00:00:42.912986+00","2026-11-07 06:46:37.70441+00","2026-11-07 14:35:06.437594+00","2026-11-07 20:56:57.326042+00","2026-11-08 04:18:14.716634+00","2026-11-08 11:41:01.707482+00","2026-11-08 17:59:26.61833+00","2026-11-09 01:38:54.660314+00","2026-11-09 09:22:53.562842+00","2026-11-09 17:18:46.692698+00","2026-11-10 00:12:50.680922+00","2026-11-10 06:48:29.599322+00","2026-11-10 13:48:07.786202+00","2026-11-10 21:17:30.254042+00","2026-11-11 05:13:45.52649+00","2026-11-11 13:12:22.923482+00","2026-11-11 20:50:19.305434+00","2026-11-12 03:20:30.71945+00","2026-11-12 10:36:38.628698+00","2026-11-12 17:44:28.072154+00","2026-11-13 01:34:10.957274+00","2026-11-13 08:38:01.466714+00","2026-11-13 15:53:49.293146+00","2026-11-13 21:54:13.336538+00","2026-11-14 04:31:31.63913+00","2026-11-14 11:27:20.67593+00","2026-11-14 19:28:19.682522+00","2026-11-15 02:15:52.82825+00","2026-11-15 09:13:16.099802+00","2026-11-15 16:54:48.758234+00","2026-11-16 00:58:47.480282+00","2026-11-16 07:16:07.508186+00","2026-11-16 14:02:13.628378+00","2026-11-16 20:08:54.610778+00","2026-11-17 03:48:53.549402+00","2026-11-17 11:31:00.194138+00","2026-11-17 18:25:51.55721+00","2026-11-18 00:53:39.816794+00","2026-11-18 08:30:09.17321+00","2026-11-18 15:03:01.249754+00","2026-11-18 23:34:56.114522+00","2026-11-19 06:49:42.147674+00","2026-11-19 14:19:01.010906+00","2026-11-19 20:57:23.681498+00","2026-11-20 04:21:03.196634+00","2026-11-20 12:16:01.742426+00","2026-11-20 18:55:41.139674+00","2026-11-21 02:10:21.508442+00","2026-11-21 09:32:21.639386+00","2026-11-21 15:36:25.048922+00","2026-11-21 22:31:35.464922+00","2026-11-22 05:41:28.494938+00","2026-11-22 12:26:47.755226+00","2026-11-22 19:46:37.090394+00","2026-11-23 02:51:51.535706+00","2026-11-23 09:14:30.82889+00","2026-11-23 16:12:47.139674+00","2026-11-23 23:43:26.849114+00","2026-11-24 06:53:19.364186+00","2026-11-24 13:52:19.960154+00","2026-11-24 21:25:41.36201+00","2026-11-25 04:33:43.164122+00","2026-11-25 12:10:25.394138+00","2026-11-25 20:22:15.80489+00","2026-11-26 02:41:38.389466+00","2026-11-26 09:50:18.297434+00","2026-11-26 16:51:05.48681+00","2026-11-26 23:55:18.653786+00"}'::text,
	'correlation', '1'::real
);
SELECT * FROM pg_catalog.pg_restore_attribute_stats(
	'version', '180006'::integer,
	'schemaname', 'public',
	'relname', 'idempotency_keys',
	'attname', 'fingerprint',
	'inherited', 'f'::boolean,
	'null_frac', '0'::real,
	'avg_width', '33'::integer,
	'n_distinct', '-1'::real,
	'histogram_bounds', '{"\\x00033b0b14603d776ef5dfb6b4e077f9940689498d7c5e977044a7f81bd29f48","\\x02ada075b8e023cb1c1a16ae86baa5ad54cd15852c3a50f88a6dd677989022b2","\\x0536abcffdb13fd9774dbd26cc928784debcb02be998e604480ec585905eefac","\\x07b3c8c3c3c1b190a1b3a987f4ff8171fb337ac606a96ca8497aaaae4e3eef52","\\x0a1a85c7ddfa398d1fbd8f07c9918cc5b419843d891256e83441e2f879dd1aad","\\x0cb7be60469d8796866bde91678c11a9231860cb89c9d0f72cd98f5daa37606f","\\x0f05648542a3fac55868b0798abe695043bb26debf93fd8eef2b08fd3c4bbf12","\\x11c19ac063e84c614912f3ab96aa6c8033074b5beaf98bb2a5daba51466c021c","\\x1430e8dbc29f25aa4e18fd71d3539db07056d203af97e274b3f17055cda74850","\\x16ab751b52af0d72c6e2a5917403b72af6d8f0694b22b2fce6d7abcb14c91620","\\x1932557d8b1748766e57ad25fcda487867161c7ed3fc9bc53d4eda0d2c56a6c5","\\x1b806231589f55f5666a5312287e87c36388bce910630c2b84f55fd7253125f6","\\x1dd411ad295199c93c83b1b000eb6d26a5f652b11068ea42cf3f17f8771344c1","\\x20782c49c25f8031e9e4c737952889858bedf19de4518b39e2b22c225273880e","\\x23029d1a57ceca338eff22ec93d547ecf4b50dc90a60703f77bb9927984f3dac","\\x255c5aabe63dde3262d718edf23e80841009b0f1f974d10797cdf0d0d383d986","\\x27d155c3cec3fef15c28c895cb164a4ebb22a272b4ceade39dfd220d3ae8b89a","\\x2a905ffb1f9363e32a7d0daff0c368f51b8001286c4e2a508f367c84a8e3d084","\\x2d3792312c753dff9859e74f97f02d71a668455a3623b625ea887bcf04b23076","\\x2f8f25e3b9b18f546555e459b80b4cdb9d45fdd3c9f6576048d32c1d4a56d292","\\x321a03855aee62f6dad61b80621eeb2732fa7d62a3679565f8934d7c7d1e7c5c","\\x3498389d1222c9614bf4f10278e44b989d3561d6bebb9f80e4dab2a3a2db2773","\\x372ed8c8110207389ece09e6a9cee7a2dc1385063cb92258eaf3f6e87faec765","\\x39ae1dc7d57fac58eec0a533103b47fd08cdd12439c582ab64c92554962bcf14","\\x3bced0dbf0e05a438cbb6eda1a3a52ec2899898c02f28436d3b060b1a6f9c3e2","\\x3e6a4df6ebf18f2414d23eab5a11c3aec07697b6868fc969ab7cb2d43e228be8","\\x41444e59118b981dbdfc99ff0cbcd414b822513acb78d090c6a3708994ea5e59","\\x43eeebf9a4e1240b821790b75ac81f77f7568628db5e5b70bb1e49d54d0120c1","\\x465e42ff92bce88ffd9df7967a4f35112522f71329a8669881ed646838e63683","\\x493afd9075c7c3549a89b0ba408db9e6248a544eba141fe6ef998d520ac52842","\\x4bc2ce1f3b3a46b4a8caba460f03708187f2339cc72e5148d04934e26961a858","\\x4e763fd7354b74506620c9e9920cdd136d105b0b7fded3619b256d64e0befa57","\\x50f23a1b2028c0e7e6302e9fa7480bc5d89e2961dea984bc8a71aec9e1a41bfa","\\x53498dddc462b0e90716d86f66ef7bf422ddb9c0fe784c5d6e45f011edd7d411","\\x55c3c7c95420168cf3a48cc9482fcaa238008498830aa40bfe97b334cfdb02df","\\x5859d10538f22e404b147525595624643f98943070c9d7daedd8faf52120f302","\\x5ac10573c39ae4202ff088f784cff69aed2203eaed6973eb6351f01d15e3a961","\\x5d6278585c1ec8e365251c946179b29eaf36bc27ece29740aaa8ab00359da419","\\x5fdd437df744899e1e3d82e64bb64f60773b7f2c8e861ea528c84cf55d6738be","\\x6274612c92fa239af5106615e4ae4e867e1036e4df9f1f2fe4671145ddff228b","\\x652e5d5376fadc9c0541229495f51239d589082a7075d9c9bdd82b9f844d33dd","\\x67bc059aad84b98769730f3c70bc760a47616a8887ec1728ac27bff7a875cbce","\\x6a807d41d9bc3bec30c5128e878f6cca2da04590f4fb1752d5be4e9d229d88c8","\\x6d25c0b0ba47a31b049924d41c15bce6186bcf12761a88ecd887d03affb317ac","\\x6fe487902069430d9725c0f4b91d178daddd46e58bacf2a9f96bc3bed8dff8ab","\\x72a6a36dc915d936043255552f79c8408650c342396210b0b5ae8f97fd4f3e4a","\\x751324a811692c6447b9c7667cab7c93788ff6317c53fba51c96f233613b7934","\\x77aab56ef823347a40d5f6324b5bce43ec222628219fe502227e5a6552078c35","\\x7a34bf6bb3f4f0cffca197a4972e587da190c13c4c64ef002019b86626e2701e","\\x7c950045958399902b832e679b26f60b95e3a3df9090a5f40c2e04cc2a8ee69e","\\x7f2e5ec547aba5dce3072e6b93443d926d29e1193d439dd147216a57a8cee7af","\\x81686882d2499bb005186aa76380953b8ae78d57b9ac1f50238adfd2c13a16d3","\\x84341185a7c5325416fa46552bee2c98457df3b2ccb67b919eee7ed956294745","\\x86d992ee9aa78de708769bc16d7a02261fc034b3656b57e7a160a572b317e6c5","\\x89684821c6328cf1c46ef9878353ed0fd485ea7b4a86802bae356f03e8756fe3","\\x8bc127625497ec088c8d6e80519d4064b69018dcb0fb57c456bb4fd86d3cae72","\\x8e2f633f5ff42c39f68ca3834f23a4b2b2f37f85d04f30e981ff469dd5940893","\\x909a9404effb9195ecddeaf8f72811ddc19209291a8e53f104102c0fbc1187c4","\\x933974c3d51ac62efe6a41c6b27856e55225627317c94fb076935a5865b41f42","\\x95cb46969eead3a84211e090355494b5dfb96ad86c81e7efe565a487d026b0ba","\\x9887d7b578cfaa5fbc44c66882eea6a463a92936cc3ddb8fb6278f0616320299","\\x9b20fb1cae3ba79d83674c976148522b19c871c4aa41a0f430e22141a1158db1","\\x9de8650912ca001bfdd35f1291442b45bd96135fb927cd8699fbc4dba760c3f0","\\xa077bf9eb28a695274dfc45584abe42fa51b0745b1c8bc3f19a9d00fce52b9ac","\\xa31f0278666ab6a97d58fa81d0ea026272637c08f4ba31e7926c828f71713f3c","\\xa5cf6eb7e913fc78bffde640f9fedd7aec2ce7ceff8ff88356170f1a2f2b7b5b","\\xa85391e2a5a841e9eae7ef0c959b181fa4bfa6c055c19e8c82058e66a6f1dbb4","\\xaac9a57eb88f09dfec93003e63a651a49707197377f32df7a95f140a0b2492bf","\\xad7d5b3786b8b575fcbad379bd858e577acb00c0f39754e4b886f5dccd4bcbbc","\\xb00951b2cc3555ffa0255030a109db81e8cde0907b5037ac5709cf8edd38a70f","\\xb2761d64a26bb569d2cff92fcca7e0dedc610936b941ed43f3de52c55fcc4812","\\xb57e1af4673523f48b1ada5a486f9dafa6fbfb9d91b267fa5a2c8b6828c35264","\\xb80a03d7e375952d5fcba301d20fdc34277e349c3e2a39a1cb6543ede97807dd","\\xba83974fc77b7121e90f453bc042a2599e42f7a5b1f6999f3f378d29b28f0765","\\xbd5729a9c8e8dcc2c48d39915e91a41c392f553babc781b46fd783213613ec75","\\xbfa7fab9de321e9170bd8b87611b18d3b5808e3506e2963c83648efba8b1d047","\\xc220cc2376a7dda5b7225c905896287dc12900fe3892ef14c240868e93fe9336","\\xc4ac4215a3869e4e6c067c9d09aa173466ce76a586b821cb771ece305d2b5339","\\xc754330d410e16bd2cc3ce928ce228a2f64aec8215843e5a077cfe904c0d1db9","\\xca3a1228d01d33800cd7bd40a89b94613cca3f383d507cc0d532762ee63a7a0f","\\xcc9ea3aca05173cc2dc46567166a6a687ff20c5acf6d3ba8d1e8f05326beb7ea","\\xcf3ba27d9947c6141fdee7f2ef1df4d3d5fb786aa1f4d20da0d0d85a7f2ffe6b","\\xd1ede3388b340811ea68eeade2da5227aaf6cfc007f2feb91e6c08856d199011","\\xd48ac30a4d799c90ecf94fc10c97dcccc9f6ddf02cb014bd745cd22fcdee8d28","\\xd72066b0ebd3d6627619e82c1b6a40a98647b892f3d5ba275f8a72e2bb53eacd","\\xd9b3d4a12246d2b6f96f78e97636b0a6c99c9fbe8ab1013556a7f4fc07a04213","\\xdbf4fa2fb10abb6de7b66a6bd0e7fcbe4a92af5f432f1bc112d830339260c5d3","\\xde87a18adc18a7567be79e8ff4ebd7573c940877859e5e8221aa471e93adeadd","\\xe150ed7604851152f8e28249f7a1d73701cf99dc38f5bafe8fa17088d12b8064","\\xe3cc9f4c7979d32edd978205f0fc9eaaf3c57edbeeab24a060f73f3249797bc5","\\xe649db79469cb07386ad46bd98858cff0d67a5cf023b7bca3652db78305e7f2d","\\xe8a4eddfe5fd16b3ab6d79096b80dc1a19579d322734d48d3a3f3659ff8b92d6","\\xeb4c8b8fe941c059512d7c9d0513fff295872131d01e513882dd5de28491d044","\\xedf8a8d11107314a0bb5d798f563a0bf3266261502058d3298bacaa77d0742e9","\\xf05d160402d7858e8906f51a3a6cedaca9100a40065fefb716265ee7db6aad55","\\xf2d078e44eac213f4360c04cc02bb837b035ca8a0334a3687e0491facc55cfa1","\\xf5829d5ce69f28de529d912c0466be4ecca73b20fdc92740693ca9c83f58edeb","\\xf7ea29fce53a50286a34dbd741cfd39b49d55110d4e7625cab1eceef29856ebf","\\xfac0dd7e9c8ea1c57868eed8f16bc5dc54d2a15d15a5fcce3c8d000f41c6f6e2","\\xfd39e15847083a26ede488fc6578362fb6f02f2221f201f5a948bd451fdf129d","\\xffff39ba0bc1a32d00d625b2ae9a3b982f744d85f339f871fed3a6c3091cdebc"}'::text,
	'correlation', '0.0005138308'::real
);
SELECT * FROM pg_catalog.pg_restore_attribute_stats(
	'version', '180006'::integer,
	'schemaname', 'public',
	'relname', 'idempotency_keys',
	'attname', 'key',
	'inherited', 'f'::boolean,
	'null_frac', '0'::real,
	'avg_width', '26'::integer,
	'n_distinct', '-1'::real,
	'histogram_bounds', '{external-000312d890532807,external-051d6a438a84aab0,external-0a016ae25a25e2e1,external-0f49f0b8cf8b130c,external-14d5f295d0431ffa,external-1a39bdb7b6222142,external-1f46f2fc095bf008,external-242139e9e23aad74,external-29399e8dce3405e1,external-2e54854278492ce3,external-32fbba9130876dce,external-38a3d13b334d31c3,external-3e2e6678ffa665e4,external-432f9c3f0f1a84c6,external-48e76d60a60a399a,external-4e38acaa7621feef,external-538e76a7011f34be,external-5903f5bd3f8b1b02,external-5e03f10428a07c63,external-62a723e0c0355829,external-680a14535773db41,external-6cdff5c5095de4d9,external-719cbf62990b74dd,external-77112cca8d85ccfe,external-7c17d89dd9a23961,external-816976e0723eeb84,external-86db2af868851c74,external-8bedc36ffae34a78,external-911186b6bf6df138,external-96188adafc75d115,external-9b7cb53618a0f14d,external-a06f0ea8cfe576d8,external-a5a7b97ffbebca7c,external-aaa4ee22718655a2,external-aedbe89791856aeb,external-b37ec0da8d754b1d,external-b8cd2e9ccc290d9f,external-be0591275607b5c3,external-c3066ee7b02e5f3a,external-c85fed999296bf23,external-cd7ccb098e76a8b1,external-d2a63289a6beb90a,external-d72fa1c47453bb49,external-dbf69554b54b93fe,external-e1349860eb372602,external-e6267f037d35d11a,external-eb2e3621489b543e,external-f0d3ccbd4a93e625,external-f5b89b77f5f2980e,external-faeb61e6a9469976,external-ffee814e452d42d2,local-0d40d68a1c681549,local-1910bbc07853ea36,local-2676244691500d0c,local-32eebaec3f6cfda2,local-3ff7c98606f84f3f,local-4d3bb50967e52e5b,local-5a9886ebcf395ca3,local-66e6f0f1ed6c3cc6,local-72e65fda2f13963a,local-7f84b7a4a7065b22,local-8c9d6dec9bb5ef0b,local-99034520348d1802,local-a63fca77a447d64f,local-b3a2bd7c909de763,local-c04c5f5020b2710a,local-cc2942a8502cf329,local-d8ea0fbe2b1ea6e8,local-e5d471a1ef86e94f,local-f2e847eb211566a2,local-fe564cb514deae61,place-order-0ade9eeaf6f30179,place-order-188d81a5fafe7738,place-order-24b5cbf995cadb2b,place-order-320fa37aed54a55c,place-order-3dcd371ccb187f32,place-order-4b3bbf6866c72747,place-order-5815697b050a9d8e,place-order-664b0c8107bf7085,place-order-7271a6a99720c840,place-order-7e61b0c6eee966aa,place-order-8bc16011ee0434f3,place-order-99d1c75e29c4fa28,place-order-a692754bd3024a50,place-order-b48316c85f7ed5f9,place-order-c2c9af1508807a92,place-order-cf902a21ef05422a,place-order-dc3027506f7e27e6,place-order-e96fda83558e0f5a,place-order-f7174ad89cbc6f5c,transfer-funds-08087618ec6309cb,transfer-funds-21909281bb7ce971,transfer-funds-3aaf7e03d45f2977,transfer-funds-5150b7819ada24bf,transfer-funds-6ad28bb55e753302,transfer-funds-84bc15e5e6a2844d,transfer-funds-9e665dfd695b046f,transfer-funds-b6de87ad74bc2f67,transfer-funds-d0dfcd979617e9c8,transfer-funds-ea0145ddb3683fbe,transfer-funds-ffdad743178dedb3}'::text,
	'correlation', '0.003050366'::real
);
SELECT * FROM pg_catalog.pg_restore_attribute_stats(
	'version', '180006'::integer,
	'schemaname', 'public',
	'relname', 'idempotency_keys',
	'attname', 'operation_id',
	'inherited', 'f'::boolean,
	'null_frac', '0'::real,
	'avg_width', '16'::integer,
	'n_distinct', '-1'::real,
	'histogram_bounds', '{01a180d2-de7c-7a58-ae64-41b044120630,01a18255-f505-79fa-a615-6186e935443e,01a183b5-e61e-7ce2-bb4e-0f1903c79c7c,01a1850c-b7dd-7155-947a-6ce4eefc01e9,01a1869a-73fb-7cea-ac5d-01a0af74b237,01a18828-cf02-761e-875c-c6a73b4e1b2e,01a189bd-d9d2-788a-ad5b-7acae4c3a334,01a18b0c-3f3d-77b8-b575-5d144e124dd7,01a18c88-f470-773a-b7f1-9d916c3fc7e1,01a18e27-5af2-7615-8ee0-f5409b365ff3,01a18fb6-730e-7089-ba71-b69ec6284312,01a19148-492d-7109-8f86-6cf1bcd0a182,01a192e8-9272-76e0-aae3-ca7be41fc4c5,01a19467-bd3e-7456-9786-b91fad569d8b,01a195dd-0b9c-76fa-9a7c-f730db998a98,01a1978c-1477-76fb-8c4d-73b349af4c71,01a1993c-d7d9-7c99-ba44-01d1720c032d,01a19ade-9742-7768-b3d7-297edc10f721,01a19c4a-6dc4-7027-a3f6-15941883cca0,01a19dd7-86f4-77b8-9a6e-65de105faa8e,01a19f4e-fe7b-7261-80b5-89dc8969eafc,01a1a0c0-8d5c-7116-afaf-62118adba3d0,01a1a249-5a42-7b0a-8e15-03904928b091,01a1a3f8-7334-78b8-b0e5-42c8a7a02121,01a1a58e-553f-734b-a563-f33be30039e5,01a1a6e8-2763-7a7e-9f99-a9cb3dc9b582,01a1a889-dcbd-7334-b05a-94d78bf2bed8,01a1aa22-102c-7e4f-ad76-986136c35613,01a1abb0-eff6-759f-8424-557637c5b9de,01a1ad37-7585-762f-a37c-fc827b7ecdb6,01a1aebc-50a5-7bb9-a820-24363cf55dae,01a1b04c-825d-7fdb-808d-33a70b567c28,01a1b1bc-d16a-70b0-b1f6-664ac4b3b96c,01a1b34e-b7a0-781d-a7d6-7eb7ed941e83,01a1b4c2-5788-710e-8f4e-12ba0c61ee9f,01a1b66f-3f45-78b9-8f49-d4e7e632ed79,01a1b7cc-d6ee-7be2-8790-7bc5c624a5ce,01a1b960-da3c-7532-8b9a-e225f6f4ad4d,01a1baf6-3b8b-77db-b2fd-06437c5c4079,01a1bc50-ae9a-70f4-b855-ab42ffdff304,01a1bdf5-5644-70bd-9f68-e350e10feb28,01a1bf9e-1ffa-74f6-bd39-f150d5b855af,01a1c151-cfa4-79e4-b123-b8472e073e51,01a1c2cc-e678-7c97-932b-696f65a00e11,01a1c437-209f-7f53-ad5e-8f2d90e52aba,01a1c5b7-50ea-720a-b50b-ee3b8366b92a,01a1c752-bb0e-7c38-92b5-fbc3da3db862,01a1c906-c136-7481-8d52-cc28b9c5c59d,01a1cabc-f28b-79d0-b092-19cebacf784f,01a1cc60-3429-7d76-9cd5-b875f4616d1d,01a1cdc5-6eff-79ae-9317-b9587feed989,01a1cf54-b964-76de-9b73-875275d19c1d,01a1d0dc-68a8-7123-99c6-bada26f29b57,01a1d28a-720d-7ea8-9105-835f7f43019e,01a1d40e-7bfa-7d64-a08e-674d4da8f20a,01a1d59d-77ed-71cc-98a8-66028e0a1f56,01a1d6e7-6cd8-7350-b129-83641f9af53c,01a1d853-2b37-7182-b398-4e71b566cc08,01a1d9cf-dc63-7c90-856a-1c768819d148,01a1db88-36e2-762c-83ad-659de87692dc,01a1dcfd-56fc-7444-983c-1390f96c71cb,01a1de7b-7843-7958-bd76-7a304b1ea9e2,01a1e022-06b6-720c-bf45-93e6f9077543,01a1e1dd-1f38-7f07-b54e-18397ff47c1a,01a1e336-94d4-75d3-b8d4-068d5743c7a8,01a1e4aa-60fc-7a45-8eb5-bff4ac7323f2,01a1e5fa-1652-77f0-a660-9a964c0dee07,01a1e79f-36ad-7e60-8b10-8c190353a586,01a1e946-49e2-7fb5-a356-b7f2ddc2e7cf,01a1eac2-19c5-7f45-8f69-acc5304eddb8,01a1ec25-2568-72e8-be22-38ee9804e3de,01a1edc7-1315-7a47-99e0-aa62dc3cec7d,01a1ef2e-c181-7efa-bfbb-74704b27b48d,01a1f103-6d72-7777-a877-816ba5d86eb7,01a1f291-7803-74a0-aa3d-318c83bdb8ba,01a1f42c-d412-7eec-8d1e-897d7fa758b3,01a1f599-8de1-7a35-82da-bac85f333c25,01a1f72f-bc5c-76a0-9c91-8c6d6bcf7fdd,01a1f8e2-96ce-726d-a949-48cbb30350e2,01a1fa50-7c53-7c3c-be28-453fbb1e0dcd,01a1fbde-70c4-7591-8dfc-9c6b034268f2,01a1fd73-1b07-71e2-8523-1180f838beb4,01a1fec0-68d8-7fb2-943d-4ab2df45ed2d,01a2003c-8328-77de-a92a-163f06f790b4,01a201c6-152e-7786-8f1d-a31bbb45429d,01a20339-2a4b-7f2d-b8e5-e586eb559945,01a204cb-d5a2-74b5-a85b-61ddadcf8d17,01a20651-276f-78c3-913b-0bc40ded0771,01a207af-7c2c-7788-9c6c-8761395af321,01a2092e-6ca3-7a5e-830e-4cad754b589d,01a20acb-0481-7c95-ad80-356c5530cc07,01a20c54-9484-7691-aa9b-e7fb2442db65,01a20dd4-31f8-7759-8f1c-26c70297e956,01a20f73-4172-729f-9603-732930d55fec,01a210fb-20fc-71c0-bb9e-31791d22c247,01a2129d-40f2-755d-801b-2ecf3586c9e3,01a2145f-8bfc-7ca8-82a8-2574312f73fa,01a215ba-e055-733a-a6cc-0feeba8c9803,01a21743-54b9-7cb1-bb20-2cb7b0e24b55,01a218c4-928e-78c6-9b1d-d196dff20237,01a21a48-f4fd-739b-8ba0-f22ac04022fd}'::text,
	'correlation', '1'::real
);
SELECT * FROM pg_catalog.pg_restore_attribute_stats(
	'version', '180006'::integer,
	'schemaname', 'public',
	'relname', 'idempotency_keys',
	'attname', 'tenant',
	'inherited', 'f'::boolean,
	'null_frac', '0'::real,
	'avg_width', '12'::integer,
	'n_distinct', '1000'::real,
	'most_common_vals', '{tenant-0000,tenant-0001,tenant-0002,tenant-0003,tenant-0004,tenant-0005,tenant-0006,tenant-0009,tenant-0007,tenant-0008,tenant-0011,tenant-0012,tenant-0010,tenant-0015,tenant-0013,tenant-0016,tenant-0014,tenant-0017,tenant-0018,tenant-0020,tenant-0021,tenant-0019,tenant-0022,tenant-0024,tenant-0025,tenant-0027,tenant-0026,tenant-0036,tenant-0031,tenant-0039,tenant-0030,tenant-0038,tenant-0023,tenant-0028,tenant-0034,tenant-0037,tenant-0035,tenant-0042,tenant-0050,tenant-0043,tenant-0029,tenant-0046,tenant-0032,tenant-0048,tenant-0033,tenant-0064,tenant-0040,tenant-0051,tenant-0060,tenant-0041,tenant-0055,tenant-0059,tenant-0061,tenant-0049,tenant-0052,tenant-0076,tenant-0047,tenant-0044,tenant-0053,tenant-0077,tenant-0087,tenant-0066,tenant-0069,tenant-0078,tenant-0092,tenant-0065,tenant-0096,tenant-0045,tenant-0058,tenant-0067,tenant-0079,tenant-0108,tenant-0056,tenant-0080,tenant-0082,tenant-0054,tenant-0062,tenant-0101,tenant-0071,tenant-0095,tenant-0063,tenant-0072,tenant-0073,tenant-0070,tenant-0081,tenant-0085,tenant-0090,tenant-0099,tenant-0075,tenant-0089,tenant-0102,tenant-0119,tenant-0083,tenant-0086,tenant-0094,tenant-0115,tenant-0074,tenant-0091,tenant-0105,tenant-0113}'::text,
	'most_common_freqs', '{0.09956667,0.0249,0.018433332,0.013766667,0.011733334,0.0117,0.009866667,0.008466667,0.008,0.007866667,0.0073,0.0072,0.006366667,0.0056,0.005566667,0.0054666665,0.0050333333,0.0049,0.0048666666,0.004766667,0.0046333335,0.0043666665,0.0043,0.0042333333,0.004166667,0.0037,0.0034666667,0.0034666667,0.0034333332,0.0034333332,0.0034,0.0033333334,0.0032,0.0031666667,0.0031666667,0.0030666667,0.003,0.0029333334,0.0029333334,0.0029,0.0028666668,0.0028333333,0.0027666667,0.0027666667,0.0027333333,0.0027,0.0026,0.0025333334,0.0025,0.0024666667,0.0024333333,0.0024333333,0.0023666667,0.0023333333,0.0022666666,0.0022666666,0.0022333334,0.0022,0.0022,0.0022,0.0021666666,0.0021,0.0020333333,0.0020333333,0.0020333333,0.002,0.002,0.0019666667,0.0019666667,0.0019666667,0.0019666667,0.0019333333,0.0019,0.0019,0.0019,0.0018666667,0.0018666667,0.0018666667,0.0018333333,0.0018333333,0.0017666667,0.0017666667,0.0017666667,0.0017333333,0.0017333333,0.0017333333,0.0017333333,0.0017,0.0016666667,0.0016666667,0.0016333334,0.0016333334,0.0016,0.0016,0.0016,0.0015666666,0.0015333333,0.0015333333,0.0015333333,0.0015333333}'::real[],
	'histogram_bounds', '{tenant-0057,tenant-0088,tenant-0100,tenant-0107,tenant-0112,tenant-0118,tenant-0123,tenant-0127,tenant-0131,tenant-0136,tenant-0141,tenant-0145,tenant-0150,tenant-0154,tenant-0159,tenant-0163,tenant-0168,tenant-0173,tenant-0178,tenant-0183,tenant-0188,tenant-0193,tenant-0199,tenant-0205,tenant-0210,tenant-0216,tenant-0221,tenant-0227,tenant-0233,tenant-0239,tenant-0246,tenant-0252,tenant-0257,tenant-0263,tenant-0270,tenant-0277,tenant-0284,tenant-0291,tenant-0298,tenant-0305,tenant-0313,tenant-0319,tenant-0327,tenant-0335,tenant-0341,tenant-0349,tenant-0357,tenant-0367,tenant-0375,tenant-0382,tenant-0390,tenant-0397,tenant-0407,tenant-0415,tenant-0424,tenant-0433,tenant-0442,tenant-0451,tenant-0462,tenant-0473,tenant-0482,tenant-0493,tenant-0504,tenant-0513,tenant-0524,tenant-0536,tenant-0548,tenant-0560,tenant-0571,tenant-0582,tenant-0595,tenant-0605,tenant-0618,tenant-0629,tenant-0641,tenant-0653,tenant-0665,tenant-0678,tenant-0689,tenant-0701,tenant-0715,tenant-0728,tenant-0741,tenant-0755,tenant-0770,tenant-0785,tenant-0798,tenant-0810,tenant-0824,tenant-0837,tenant-0852,tenant-0863,tenant-0878,tenant-0892,tenant-0907,tenant-0923,tenant-0939,tenant-0957,tenant-0971,tenant-0986,tenant-0999}'::text,
	'correlation', '0.01420691'::real
);
SELECT * FROM pg_catalog.pg_restore_attribute_stats(
	'version', '180006'::integer,
	'schemaname', 'public',
	'relname', 'idempotency_keys',
	'attname', 'type',
	'inherited', 'f'::boolean,
	'null_frac', '0'::real,
	'avg_width', '9'::integer,
	'n_distinct', '5'::real,
	'most_common_vals', '{external,local,place-order,transfer-funds,waiting}'::text,
	'most_common_freqs', '{0.4957,0.19953333,0.19336666,0.10226667,0.009133333}'::real[],
	'correlation', '0.3361153'::real
);
SELECT * FROM pg_catalog.pg_restore_relation_stats(
	'version', '180006'::integer,
	'schemaname', 'public',
	'relname', 'operation_steps',
	'relpages', '210855'::integer,
	'reltuples', '9.69933e+06'::real,
	'relallvisible', '210853'::integer,
	'relallfrozen', '185094'::integer
);
SELECT * FROM pg_catalog.pg_restore_attribute_stats(
	'version', '180006'::integer,
	'schemaname', 'public',
	'relname', 'operation_steps',
	'attname', 'attempts',
	'inherited', 'f'::boolean,
	'null_frac', '0'::real,
	'avg_width', '4'::integer,
	'n_distinct', '1'::real,
	'most_common_vals', '{1}'::text,
	'most_common_freqs', '{1}'::real[],
	'correlation', '1'::real
);
SELECT * FROM pg_catalog.pg_restore_attribute_stats(
	'version', '180006'::integer,
	'schemaname', 'public',
	'relname', 'operation_steps',
	'attname', 'blocked_at',
	'inherited', 'f'::boolean,
	'null_frac', '1'::real,
	'avg_width', '8'::integer,
	'n_distinct', '0'::real
);
SELECT * FROM pg_catalog.pg_restore_attribute_stats(
	'version', '180006'::integer,
	'schemaname', 'public',
	'relname', 'operation_steps',
	'attname', 'call_ends_at',
	'inherited', 'f'::boolean,
	'null_frac', '1'::real,
	'avg_width', '8'::integer,
	'n_distinct', '0'::real
);
SELECT * FROM pg_catalog.pg_restore_attribute_stats(
	'version', '180006'::integer,
	'schemaname', 'public',
	'relname', 'operation_steps',
	'attname', 'called_since',
	'inherited', 'f'::boolean,
	'null_frac', '1'::real,
	'avg_width', '8'::integer,
	'n_distinct', '0'::real
);
SELECT * FROM pg_catalog.pg_restore_attribute_stats(
	'version', '180006'::integer,
	'schemaname', 'public',
	'relname', 'operation_steps',
	'attname', 'checkpoint',
	'inherited', 'f'::boolean,
	'null_frac', '1'::real,
	'avg_width', '0'::integer,
	'n_distinct', '0'::real
);
SELECT * FROM pg_catalog.pg_restore_attribute_stats(
	'version', '180006'::integer,
	'schemaname', 'public',
	'relname', 'operation_steps',
	'attname', 'doubt',
	'inherited', 'f'::boolean,
	'null_frac', '0'::real,
	'avg_width', '5'::integer,
	'n_distinct', '1'::real,
	'most_common_vals', '{none}'::text,
	'most_common_freqs', '{1}'::real[],
	'correlation', '1'::real
);
SELECT * FROM pg_catalog.pg_restore_attribute_stats(
	'version', '180006'::integer,
	'schemaname', 'public',
	'relname', 'operation_steps',
	'attname', 'effect',
	'inherited', 'f'::boolean,
	'null_frac', '0'::real,
	'avg_width', '9'::integer,
	'n_distinct', '1'::real,
	'most_common_vals', '{external}'::text,
	'most_common_freqs', '{1}'::real[],
	'correlation', '1'::real
);
SELECT * FROM pg_catalog.pg_restore_attribute_stats(
	'version', '180006'::integer,
	'schemaname', 'public',
	'relname', 'operation_steps',
	'attname', 'error',
	'inherited', 'f'::boolean,
	'null_frac', '1'::real,
	'avg_width', '0'::integer,
	'n_distinct', '0'::real
);
SELECT * FROM pg_catalog.pg_restore_attribute_stats(
	'version', '180006'::integer,
	'schemaname', 'public',
	'relname', 'operation_steps',
	'attname', 'handler',
	'inherited', 'f'::boolean,
	'null_frac', '0'::real,
	'avg_width', '7'::integer,
	'n_distinct', '1'::real,
	'most_common_vals', '{commit}'::text,
	'most_common_freqs', '{1}'::real[],
	'correlation', '1'::real
);
SELECT * FROM pg_catalog.pg_restore_attribute_stats(
	'version', '180006'::integer,
	'schemaname', 'public',
	'relname', 'operation_steps',
	'attname', 'key',
	'inherited', 'f'::boolean,
	'null_frac', '0'::real,
	'avg_width', '6'::integer,
	'n_distinct', '2'::real,
	'most_common_vals', '{second,first}'::text,
	'most_common_freqs', '{0.5014333,0.49856666}'::real[],
	'correlation', '0.50119406'::real
);
SELECT * FROM pg_catalog.pg_restore_attribute_stats(
	'version', '180006'::integer,
	'schemaname', 'public',
	'relname', 'operation_steps',
	'attname', 'kind',
	'inherited', 'f'::boolean,
	'null_frac', '0'::real,
	'avg_width', '5'::integer,
	'n_distinct', '1'::real,
	'most_common_vals', '{step}'::text,
	'most_common_freqs', '{1}'::real[],
	'correlation', '1'::real
);
SELECT * FROM pg_catalog.pg_restore_attribute_stats(
	'version', '180006'::integer,
	'schemaname', 'public',
	'relname', 'operation_steps',
	'attname', 'operation_id',
	'inherited', 'f'::boolean,
	'null_frac', '0'::real,
	'avg_width', '16'::integer,
	'n_distinct', '-0.12061472'::real,
	'histogram_bounds', '{01a180d3-f412-72c9-b2ad-5428af8aac56,01a18253-8372-7070-858e-8629309598a0,01a183ee-50b0-7451-a28c-504cccf6b296,01a18556-63b0-79a5-a3ad-5b784f9e3808,01a186f6-2832-7913-a8e8-c901738edd3f,01a18879-7b14-7f22-a495-8b6fd0b0034f,01a189f7-7421-7332-b200-3c683349b1cd,01a18bb2-b8e3-7cd1-a433-09c8a4e5ff34,01a18d29-998e-71c5-a90a-c554f7fa33af,01a18ec4-2e79-7b9e-b475-5113191eb20f,01a1903a-520f-7d17-9b25-4d27af26bd50,01a191ad-28d0-74f0-b084-f7b598bdb2e0,01a1931b-287b-7d4e-ac01-9183380aa381,01a19489-2a2a-7b04-84c8-aab5abd28368,01a195f5-8974-78f4-bb23-b3168f555a18,01a197a6-5ef1-7765-be23-2ae6e85346ad,01a19927-1804-7d21-a4d4-8683197aaedf,01a19a93-28dc-7644-b0bb-b8e3ef37cd93,01a19c4f-bf8d-798e-b34c-e4457f871659,01a19db3-41de-7a6d-a3b9-e7c99ac06107,01a19f5b-b516-7084-b322-0946974b1fd3,01a1a0db-609f-7e95-b541-6a30ae2be9c5,01a1a25f-01f3-79ad-abe7-757a1c03910c,01a1a3ea-bd23-7c6b-9489-fbb3c649e4de,01a1a551-8c49-73d9-948d-f204db4f63cd,01a1a6d1-3dda-7872-9e06-d851aa8f5f63,01a1a85b-b935-79fe-97de-5511f1c7f950,01a1a9e0-0f93-7c03-98c9-aaed276ac5b1,01a1ab2e-f1b4-7cec-a26f-35d37e100a86,01a1ac4e-2004-7e00-b18f-22bb548c798b,01a1add5-af19-7a5c-91b9-47b665ec499f,01a1af2e-fa77-7e4c-b2ad-31a501858115,01a1b083-0220-727f-8046-f680cfcda5b3,01a1b221-3a5f-7429-b65f-cc64142d2e3b,01a1b3b0-2234-7445-b54c-e52f08f48d12,01a1b566-c028-7d99-b595-4f6eea30b731,01a1b6d8-530f-7b94-b85b-9ca16499645b,01a1b896-1d83-7243-b130-bb8a8ada5d69,01a1ba5e-cfed-7765-a65a-38fac48b67f8,01a1bbe8-39b8-778b-97f2-dec06f041c8b,01a1bd41-0a63-73e6-ab90-ed241d4dbb68,01a1be79-f660-7bc0-a281-bfcc8fd04235,01a1bfe1-3224-7d95-b715-9b16088e52ae,01a1c14a-0239-720a-8208-03b48ed60082,01a1c28a-30d6-7224-9e0b-9faf575df621,01a1c449-97a5-744f-830c-d3a24dbc743f,01a1c5cf-a07e-7fdb-b5b1-8963627087cd,01a1c7a6-ce1a-74f3-b1d7-0338aa3aa256,01a1c921-7e58-7e84-b1a1-2719c10b7818,01a1cacb-3b73-7a83-8298-97973ed5213e,01a1cc5c-4e75-7e06-8b2d-0f304cab30b8,01a1ce03-e86f-7ad5-9baa-181f45048cd1,01a1cf96-d627-7628-9757-4b0249e6e30b,01a1d130-75ac-75f5-80e3-ad651df98fb8,01a1d2a7-15f8-7b5e-9521-99014cb7220c,01a1d451-39a9-7531-a10a-f0d1365bcbf2,01a1d5c4-9932-7e45-8dcf-6196ebacd610,01a1d79a-e17e-7c95-a35c-1c82d662be53,01a1d921-50ed-723d-8b8c-36b6a56ff94e,01a1da96-8525-76f8-a59e-7f81f4ca1f67,01a1dc0f-9f10-708f-ab57-8060c64448f3,01a1dd8f-bb3d-79b2-8cde-d9488fac48e4,01a1defa-6c12-7eee-ac86-64dd4c8bab62,01a1e0ac-6f48-754e-95ac-39610677b6ce,01a1e259-b590-7420-a90a-e8e9c87b57e8,01a1e3dd-64f9-7571-b756-31b4f209d01f,01a1e542-c404-75bf-8e19-72df0144d091,01a1e6ea-f8e0-76a8-a115-9a167483cc02,01a1e853-625f-7636-bf65-ccfce4696392,01a1e9c6-2f11-7235-85d5-b16b83964208,01a1eb3d-c4c4-7a88-97e2-5c106f897690,01a1eca4-1b39-761c-b624-adfca07c2db4,01a1ee16-8156-72ab-82f8-4e6c73a3cd0a,01a1ef97-db54-79a9-a7d0-906afaf8235a,01a1f131-72cd-7f95-87fc-f8acfd510279,01a1f2bb-ee29-71ee-9cf1-27937fad38e2,01a1f462-525d-7d54-a624-24336f9d8609,01a1f600-2a0f-74e8-84df-ef4404d5a411,01a1f77c-7aae-767c-8268-301042f33876,01a1f8e5-d58e-7f8c-987a-c639b70156b2,01a1faa2-7a54-72e5-8343-2c208d5aa096,01a1fc2a-61ea-71c5-891d-79f4f5a2e6ea,01a1fdf4-a29b-775c-b473-9615b765af77,01a1ffb9-775c-73ac-af1b-c42c30a0dadb,01a2018f-7d48-7b19-b8ab-67c3f3aa747d,01a20315-eeba-7452-8308-d2f0060aad89,01a204a2-efc6-7d19-af5d-29d40358b956,01a20621-4960-7706-9bc2-0c24a106bf42,01a20794-c919-7371-9f6e-a1d5e19fa144,01a20937-59b4-771f-9fa7-cf543f5f2c9b,01a20ac5-25e9-70a4-a9c0-7e952f9e526b,01a20c50-accd-7dec-9a65-abe7cfa8e5be,01a20dde-7f0b-7b49-bc32-39a50bdb59dc,01a20f69-54eb-7533-a3f1-214bd91970fc,01a21118-155c-78b0-b318-6632772d7ea7,01a21296-0257-76b2-869f-e0c2beebffc0,01a21442-d3f4-7da9-b007-e659bddd8d57,01a215d3-b0a6-7fc6-a2ba-c63bf369cbe7,01a21726-b8da-79b5-b917-bbc8d1dac9b9,01a218c0-bef5-7eb7-bd01-88322f5ab0f2,01a21a48-f903-7a2a-83a4-2f719430b0fb}'::text,
	'correlation', '1'::real
);
SELECT * FROM pg_catalog.pg_restore_attribute_stats(
	'version', '180006'::integer,
	'schemaname', 'public',
	'relname', 'operation_steps',
	'attname', 'position',
	'inherited', 'f'::boolean,
	'null_frac', '0'::real,
	'avg_width', '2'::integer,
	'n_distinct', '2'::real,
	'most_common_vals', '{1,0}'::text,
	'most_common_freqs', '{0.5014333,0.49856666}'::real[],
	'correlation', '0.50119406'::real
);
SELECT * FROM pg_catalog.pg_restore_attribute_stats(
	'version', '180006'::integer,
	'schemaname', 'public',
	'relname', 'operation_steps',
	'attname', 'reservation',
	'inherited', 'f'::boolean,
	'null_frac', '1'::real,
	'avg_width', '0'::integer,
	'n_distinct', '0'::real
);
SELECT * FROM pg_catalog.pg_restore_attribute_stats(
	'version', '180006'::integer,
	'schemaname', 'public',
	'relname', 'operation_steps',
	'attname', 'resolved_as',
	'inherited', 'f'::boolean,
	'null_frac', '1'::real,
	'avg_width', '0'::integer,
	'n_distinct', '0'::real
);
SELECT * FROM pg_catalog.pg_restore_attribute_stats(
	'version', '180006'::integer,
	'schemaname', 'public',
	'relname', 'operation_steps',
	'attname', 'result',
	'inherited', 'f'::boolean,
	'null_frac', '0'::real,
	'avg_width', '3'::integer,
	'n_distinct', '0'::real
);
SELECT * FROM pg_catalog.pg_restore_attribute_stats(
	'version', '180006'::integer,
	'schemaname', 'public',
	'relname', 'operation_steps',
	'attname', 'retry_at',
	'inherited', 'f'::boolean,
	'null_frac', '1'::real,
	'avg_width', '8'::integer,
	'n_distinct', '0'::real
);
SELECT * FROM pg_catalog.pg_restore_attribute_stats(
	'version', '180006'::integer,
	'schemaname', 'public',
	'relname', 'operation_steps',
	'attname', 'state',
	'inherited', 'f'::boolean,
	'null_frac', '0'::real,
	'avg_width', '9'::integer,
	'n_distinct', '2'::real,
	'most_common_vals', '{committed,released}'::text,
	'most_common_freqs', '{0.95316666,0.046833333}'::real[],
	'correlation', '0.91341394'::real
);
SELECT * FROM pg_catalog.pg_restore_attribute_stats(
	'version', '180006'::integer,
	'schemaname', 'public',
	'relname', 'operation_steps',
	'attname', 'tenant',
	'inherited', 'f'::boolean,
	'null_frac', '0'::real,
	'avg_width', '12'::integer,
	'n_distinct', '1000'::real,
	'most_common_vals', '{tenant-0000,tenant-0001,tenant-0002,tenant-0003,tenant-0004,tenant-0005,tenant-0006,tenant-0007,tenant-0008,tenant-0009,tenant-0010,tenant-0011,tenant-0014,tenant-0013,tenant-0012,tenant-0017,tenant-0015,tenant-0016,tenant-0018,tenant-0019,tenant-0023,tenant-0022,tenant-0024,tenant-0020,tenant-0034,tenant-0021,tenant-0030,tenant-0027,tenant-0029,tenant-0025,tenant-0033,tenant-0037,tenant-0036,tenant-0028,tenant-0031,tenant-0026,tenant-0041,tenant-0042,tenant-0035,tenant-0040,tenant-0032,tenant-0049,tenant-0054,tenant-0039,tenant-0048,tenant-0055,tenant-0061,tenant-0047,tenant-0059,tenant-0044,tenant-0064,tenant-0052,tenant-0038,tenant-0057,tenant-0072,tenant-0046,tenant-0053,tenant-0051,tenant-0043,tenant-0058,tenant-0070,tenant-0045,tenant-0068,tenant-0050,tenant-0065,tenant-0066,tenant-0060,tenant-0062,tenant-0067,tenant-0078,tenant-0109,tenant-0069,tenant-0079,tenant-0080,tenant-0112,tenant-0056,tenant-0087,tenant-0075,tenant-0116,tenant-0063,tenant-0073,tenant-0076,tenant-0118,tenant-0077,tenant-0101,tenant-0071,tenant-0074,tenant-0091,tenant-0082,tenant-0084,tenant-0086,tenant-0090,tenant-0092,tenant-0095,tenant-0105,tenant-0085,tenant-0136,tenant-0083,tenant-0081,tenant-0102}'::text,
	'most_common_freqs', '{0.09973333,0.025433334,0.018366667,0.014266667,0.0125,0.0104,0.0094,0.008466667,0.008166667,0.0078,0.0072,0.0071,0.0064,0.0061333333,0.005933333,0.005866667,0.005633333,0.005633333,0.0053333333,0.0049666665,0.0047333334,0.004466667,0.004466667,0.004033333,0.0039666668,0.0038333333,0.0038333333,0.0038,0.0038,0.0037333334,0.0033333334,0.0033,0.0032666668,0.0032,0.0031666667,0.0030666667,0.0030666667,0.0030666667,0.003,0.0028666668,0.0028,0.0028,0.0028,0.0027333333,0.0027,0.0026333334,0.0025666666,0.0025333334,0.0025333334,0.0025,0.0025,0.0024333333,0.0024,0.0024,0.0024,0.0023333333,0.0023333333,0.0023,0.0022666666,0.0022333334,0.0022333334,0.0021666666,0.0021666666,0.0021333334,0.0021333334,0.0021333334,0.0020333333,0.0019666667,0.0019666667,0.0019666667,0.0019666667,0.0019333333,0.0019333333,0.0019333333,0.0019333333,0.0019,0.0019,0.0018333333,0.0018333333,0.0018,0.0018,0.0018,0.0018,0.0017666667,0.0017666667,0.0017333333,0.0017333333,0.0017333333,0.0017,0.0017,0.0017,0.0017,0.0016666667,0.0016666667,0.0016666667,0.0016333334,0.0016333334,0.0016,0.0015666666,0.0015666666}'::real[],
	'histogram_bounds', '{tenant-0088,tenant-0094,tenant-0099,tenant-0106,tenant-0110,tenant-0115,tenant-0122,tenant-0126,tenant-0130,tenant-0133,tenant-0139,tenant-0144,tenant-0148,tenant-0153,tenant-0158,tenant-0162,tenant-0167,tenant-0172,tenant-0176,tenant-0181,tenant-0186,tenant-0191,tenant-0196,tenant-0201,tenant-0207,tenant-0213,tenant-0219,tenant-0225,tenant-0231,tenant-0236,tenant-0243,tenant-0249,tenant-0255,tenant-0262,tenant-0268,tenant-0275,tenant-0282,tenant-0288,tenant-0296,tenant-0303,tenant-0311,tenant-0320,tenant-0327,tenant-0336,tenant-0343,tenant-0351,tenant-0360,tenant-0368,tenant-0376,tenant-0385,tenant-0395,tenant-0404,tenant-0413,tenant-0423,tenant-0432,tenant-0440,tenant-0449,tenant-0458,tenant-0466,tenant-0475,tenant-0486,tenant-0495,tenant-0505,tenant-0516,tenant-0527,tenant-0538,tenant-0549,tenant-0559,tenant-0569,tenant-0581,tenant-0591,tenant-0600,tenant-0611,tenant-0621,tenant-0634,tenant-0646,tenant-0659,tenant-0671,tenant-0685,tenant-0700,tenant-0711,tenant-0725,tenant-0737,tenant-0751,tenant-0763,tenant-0774,tenant-0788,tenant-0803,tenant-0816,tenant-0830,tenant-0843,tenant-0858,tenant-0872,tenant-0886,tenant-0901,tenant-0916,tenant-0932,tenant-0949,tenant-0965,tenant-0981,tenant-0999}'::text,
	'correlation', '0.0116778165'::real
);
SELECT * FROM pg_catalog.pg_restore_attribute_stats(
	'version', '180006'::integer,
	'schemaname', 'public',
	'relname', 'operation_steps',
	'attname', 'updated_at',
	'inherited', 'f'::boolean,
	'null_frac', '0'::real,
	'avg_width', '8'::integer,
	'n_distinct', '-0.12061472'::real,
	'histogram_bounds', '{"2026-10-28 04:45:37.658778+00","2026-10-28 11:44:34.650138+00","2026-10-28 19:13:16.952346+00","2026-10-29 01:46:34.77609+00","2026-10-29 09:20:42.522906+00","2026-10-29 16:23:46.172442+00","2026-10-29 23:20:59.145114+00","2026-10-30 07:25:09.19593+00","2026-10-30 14:14:37.17417+00","2026-10-30 21:43:05.057946+00","2026-10-31 04:31:44.63145+00","2026-10-31 11:16:47.928474+00","2026-10-31 17:56:34.019994+00","2026-11-01 00:36:20.626458+00","2026-11-01 07:14:20.12457+00","2026-11-01 15:07:06.329754+00","2026-11-01 22:07:19.532826+00","2026-11-02 04:44:58.948122+00","2026-11-02 12:50:35.50953+00","2026-11-02 19:18:54.15081+00","2026-11-03 03:02:30.910746+00","2026-11-03 10:01:35.111322+00","2026-11-03 17:04:58.843674+00","2026-11-04 00:17:13.48329+00","2026-11-04 06:49:08.40105+00","2026-11-04 13:48:14.146458+00","2026-11-04 20:59:06.909978+00","2026-11-05 04:03:16.98729+00","2026-11-05 10:09:03.90057+00","2026-11-05 15:22:44.588826+00","2026-11-05 22:30:25.793178+00","2026-11-06 04:47:35.007258+00","2026-11-06 10:58:59.208858+00","2026-11-06 18:31:25.511706+00","2026-11-07 01:47:08.188698+00","2026-11-07 09:46:13.392666+00","2026-11-07 16:29:53.783706+00","2026-11-08 00:36:49.131546+00","2026-11-08 08:55:39.221658+00","2026-11-08 16:05:21.952794+00","2026-11-08 22:21:59.75529+00","2026-11-09 04:03:47.40009+00","2026-11-09 10:36:10.124826+00","2026-11-09 17:10:16.353306+00","2026-11-09 22:59:59.806362+00","2026-11-10 07:08:40.717722+00","2026-11-10 14:14:42.022938+00","2026-11-10 22:49:21.154842+00","2026-11-11 05:42:58.880922+00","2026-11-11 13:28:00.091674+00","2026-11-11 20:46:04.89321+00","2026-11-12 04:28:46.039194+00","2026-11-12 11:48:52.367514+00","2026-11-12 19:16:17.428122+00","2026-11-13 02:05:28.928154+00","2026-11-13 09:50:56.40105+00","2026-11-13 16:36:34.714266+00","2026-11-14 01:10:15.142554+00","2026-11-14 08:16:42.709914+00","2026-11-14 15:04:21.005082+00","2026-11-14 21:56:14.712474+00","2026-11-15 04:55:47.749914+00","2026-11-15 11:31:57.05001+00","2026-11-15 19:26:00.496794+00","2026-11-16 03:14:53.432346+00","2026-11-16 10:18:20.769306+00","2026-11-16 16:48:41.452314+00","2026-11-17 00:32:02.248986+00","2026-11-17 07:05:42.215322+00","2026-11-17 13:50:42.937626+00","2026-11-17 20:40:57.260826+00","2026-11-18 03:12:21.281946+00","2026-11-18 09:56:55.742106+00","2026-11-18 16:57:50.140698+00","2026-11-19 00:25:13.14153+00","2026-11-19 07:36:05.90505+00","2026-11-19 15:17:27.749658+00","2026-11-19 22:49:29.335194+00","2026-11-20 05:44:53.654682+00","2026-11-20 12:19:35.414298+00","2026-11-20 20:25:15.580314+00","2026-11-21 03:33:19.442202+00","2026-11-21 11:53:51.491226+00","2026-11-21 20:08:28.22889+00","2026-11-22 04:41:51.664026+00","2026-11-22 11:48:19.74633+00","2026-11-22 19:01:57.806874+00","2026-11-23 01:59:35.496858+00","2026-11-23 08:45:22.049178+00","2026-11-23 16:22:33.116058+00","2026-11-23 23:37:03.185946+00","2026-11-24 06:49:04.437018+00","2026-11-24 14:03:36.051738+00","2026-11-24 21:14:51.987738+00","2026-11-25 05:05:21.732762+00","2026-11-25 12:02:31.61577+00","2026-11-25 19:50:54.68457+00","2026-11-26 03:08:45.582618+00","2026-11-26 09:19:04.38633+00","2026-11-26 16:46:55.709082+00","2026-11-26 23:55:20.683674+00"}'::text,
	'correlation', '1'::real
);
SELECT * FROM pg_catalog.pg_restore_relation_stats(
	'version', '180006'::integer,
	'schemaname', 'public',
	'relname', 'operations',
	'relpages', '724644'::integer,
	'reltuples', '5.030092e+06'::real,
	'relallvisible', '700714'::integer,
	'relallfrozen', '669015'::integer
);
SELECT * FROM pg_catalog.pg_restore_attribute_stats(
	'version', '180006'::integer,
	'schemaname', 'public',
	'relname', 'operations',
	'attname', 'blocked',
	'inherited', 'f'::boolean,
	'null_frac', '1'::real,
	'avg_width', '0'::integer,
	'n_distinct', '0'::real
);
SELECT * FROM pg_catalog.pg_restore_attribute_stats(
	'version', '180006'::integer,
	'schemaname', 'public',
	'relname', 'operations',
	'attname', 'callback_url',
	'inherited', 'f'::boolean,
	'null_frac', '1'::real,
	'avg_width', '0'::integer,
	'n_distinct', '0'::real
);
SELECT * FROM pg_catalog.pg_restore_attribute_stats(
	'version', '180006'::integer,
	'schemaname', 'public',
	'relname', 'operations',
	'attname', 'cancel_requested_at',
	'inherited', 'f'::boolean,
	'null_frac', '1'::real,
	'avg_width', '8'::integer,
	'n_distinct', '0'::real
);
SELECT * FROM pg_catalog.pg_restore_attribute_stats(
	'version', '180006'::integer,
	'schemaname', 'public',
	'relname', 'operations',
	'attname', 'created_at',
	'inherited', 'f'::boolean,
	'null_frac', '0'::real,
	'avg_width', '8'::integer,
	'n_distinct', '-1'::real,
	'histogram_bounds', '{"2026-10-28 04:45:23.785178+00","2026-10-28 11:58:34.038746+00","2026-10-28 19:55:45.44009+00","2026-10-29 03:00:58.34057+00","2026-10-29 10:09:57.301466+00","2026-10-29 16:40:08.715482+00","2026-10-29 23:59:48.781658+00","2026-10-30 06:44:31.480922+00","2026-10-30 13:08:51.70313+00","2026-10-30 20:19:57.34025+00","2026-10-31 02:54:28.800986+00","2026-10-31 10:56:07.97321+00","2026-10-31 17:45:17.413466+00","2026-11-01 00:52:06.09353+00","2026-11-01 08:21:56.368346+00","2026-11-01 15:33:53.499866+00","2026-11-01 22:40:24.671834+00","2026-11-02 05:30:53.92841+00","2026-11-02 12:02:13.315034+00","2026-11-02 18:36:17.483738+00","2026-11-03 01:58:27.913562+00","2026-11-03 09:57:54.230234+00","2026-11-03 17:24:54.57353+00","2026-11-04 01:18:21.45929+00","2026-11-04 08:49:53.178074+00","2026-11-04 15:34:38.452058+00","2026-11-04 22:17:01.601498+00","2026-11-05 04:54:17.32937+00","2026-11-05 12:10:55.10537+00","2026-11-05 19:24:50.67401+00","2026-11-06 03:07:18.946394+00","2026-11-06 10:51:42.566234+00","2026-11-06 18:04:40.461146+00","2026-11-07 02:11:27.569882+00","2026-11-07 09:23:18.00713+00","2026-11-07 16:01:06.691418+00","2026-11-07 22:04:45.898586+00","2026-11-08 06:34:17.093978+00","2026-11-08 14:14:50.018906+00","2026-11-08 21:06:57.114842+00","2026-11-09 03:48:01.47785+00","2026-11-09 10:35:43.89257+00","2026-11-09 18:32:21.30761+00","2026-11-10 00:45:08.930138+00","2026-11-10 07:26:35.950682+00","2026-11-10 14:58:24.147674+00","2026-11-10 20:40:19.516634+00","2026-11-11 02:52:56.325338+00","2026-11-11 09:45:09.085658+00","2026-11-11 17:29:36.310106+00","2026-11-11 23:50:19.225946+00","2026-11-12 06:19:27.30185+00","2026-11-12 12:37:44.488538+00","2026-11-12 19:37:23.705306+00","2026-11-13 03:42:19.586138+00","2026-11-13 11:32:45.21161+00","2026-11-13 18:33:19.012442+00","2026-11-14 01:24:47.487578+00","2026-11-14 08:27:47.017562+00","2026-11-14 16:05:20.741978+00","2026-11-14 23:18:43.354202+00","2026-11-15 06:52:16.59977+00","2026-11-15 14:46:40.12937+00","2026-11-15 22:15:32.730458+00","2026-11-16 05:49:40.477274+00","2026-11-16 13:02:26.01353+00","2026-11-16 20:32:56.453978+00","2026-11-17 03:56:12.796634+00","2026-11-17 11:51:28.335578+00","2026-11-17 18:48:32.554202+00","2026-11-18 01:58:41.547482+00","2026-11-18 09:27:17.155418+00","2026-11-18 15:56:19.566938+00","2026-11-18 23:15:12.258266+00","2026-11-19 06:03:45.137498+00","2026-11-19 13:47:56.913626+00","2026-11-19 20:48:01.36265+00","2026-11-20 02:43:23.133914+00","2026-11-20 10:52:18.97865+00","2026-11-20 18:32:59.627738+00","2026-11-21 01:40:56.795354+00","2026-11-21 08:58:54.387674+00","2026-11-21 16:12:24.209114+00","2026-11-21 23:29:24.127706+00","2026-11-22 06:55:55.119194+00","2026-11-22 13:48:41.350874+00","2026-11-22 20:42:14.442458+00","2026-11-23 03:40:11.700314+00","2026-11-23 11:24:24.50633+00","2026-11-23 18:38:20.07497+00","2026-11-24 02:19:04.84361+00","2026-11-24 10:21:43.234394+00","2026-11-24 18:35:58.859354+00","2026-11-25 01:41:35.447258+00","2026-11-25 08:42:21.091802+00","2026-11-25 16:22:10.24649+00","2026-11-25 22:33:44.232026+00","2026-11-26 06:19:55.475162+00","2026-11-26 13:03:41.530586+00","2026-11-26 20:12:03.930458+00","2026-11-27 02:54:49.099203+00"}'::text,
	'correlation', '1'::real
);
SELECT * FROM pg_catalog.pg_restore_attribute_stats(
	'version', '180006'::integer,
	'schemaname', 'public',
	'relname', 'operations',
	'attname', 'deadline',
	'inherited', 'f'::boolean,
	'null_frac', '1'::real,
	'avg_width', '8'::integer,
	'n_distinct', '0'::real
);
SELECT * FROM pg_catalog.pg_restore_attribute_stats(
	'version', '180006'::integer,
	'schemaname', 'public',
	'relname', 'operations',
	'attname', 'decision',
	'inherited', 'f'::boolean,
	'null_frac', '0.008866667'::real,
	'avg_width', '7'::integer,
	'n_distinct', '2'::real,
	'most_common_vals', '{commit,rollback}'::text,
	'most_common_freqs', '{0.9465,0.044633333}'::real[],
	'correlation', '0.9140008'::real
);
SELECT * FROM pg_catalog.pg_restore_attribute_stats(
	'version', '180006'::integer,
	'schemaname', 'public',
	'relname', 'operations',
	'attname', 'definition_version',
	'inherited', 'f'::boolean,
	'null_frac', '0'::real,
	'avg_width', '4'::integer,
	'n_distinct', '1'::real,
	'most_common_vals', '{1}'::text,
	'most_common_freqs', '{1}'::real[],
	'correlation', '1'::real
);
SELECT * FROM pg_catalog.pg_restore_attribute_stats(
	'version', '180006'::integer,
	'schemaname', 'public',
	'relname', 'operations',
	'attname', 'deleted_at',
	'inherited', 'f'::boolean,
	'null_frac', '0.98'::real,
	'avg_width', '8'::integer,
	'n_distinct', '-0.01999998'::real,
	'histogram_bounds', '{"2026-10-28 06:01:34.630944+00","2026-10-28 09:33:17.353676+00","2026-10-28 11:20:02.910527+00","2026-10-28 19:47:39.24033+00","2026-10-28 23:11:19.072973+00","2026-10-29 03:01:48.868596+00","2026-10-29 07:49:42.131086+00","2026-10-29 14:13:32.590248+00","2026-10-29 18:27:16.212631+00","2026-10-30 01:50:31.383365+00","2026-10-30 04:52:37.375569+00","2026-10-30 13:07:51.783821+00","2026-10-30 16:49:44.15366+00","2026-10-30 23:06:07.216689+00","2026-10-31 07:22:04.396915+00","2026-10-31 13:26:51.674771+00","2026-10-31 18:10:14.296676+00","2026-11-01 02:59:44.120134+00","2026-11-01 10:50:47.173762+00","2026-11-01 18:57:47.153521+00","2026-11-02 03:16:10.342748+00","2026-11-02 12:23:55.683923+00","2026-11-02 22:16:31.904199+00","2026-11-03 07:48:15.380796+00","2026-11-03 11:19:29.361222+00","2026-11-03 17:45:22.866896+00","2026-11-04 02:55:29.939429+00","2026-11-04 13:05:05.46771+00","2026-11-04 19:15:20.761411+00","2026-11-04 23:46:01.33434+00","2026-11-05 09:25:27.020362+00","2026-11-06 00:53:36.035919+00","2026-11-06 13:45:44.504957+00","2026-11-06 20:20:12.805885+00","2026-11-07 07:57:12.840378+00","2026-11-07 12:22:00.321665+00","2026-11-07 19:00:06.810956+00","2026-11-07 23:56:56.886465+00","2026-11-08 06:04:25.335342+00","2026-11-08 12:03:32.344043+00","2026-11-08 18:38:03.86914+00","2026-11-08 20:20:16.274253+00","2026-11-09 01:36:19.861209+00","2026-11-09 06:41:26.902723+00","2026-11-09 10:23:54.930538+00","2026-11-09 20:39:59.503283+00","2026-11-10 06:16:24.950743+00","2026-11-10 14:58:52.561895+00","2026-11-10 20:42:24.219769+00","2026-11-11 00:40:46.820915+00","2026-11-11 10:52:26.878917+00","2026-11-11 20:37:26.498966+00","2026-11-12 04:36:09.489762+00","2026-11-12 10:58:13.756321+00","2026-11-12 16:33:22.06823+00","2026-11-13 01:02:13.826741+00","2026-11-13 04:49:50.785919+00","2026-11-13 11:32:47.405353+00","2026-11-13 17:13:07.010669+00","2026-11-14 04:13:28.205953+00","2026-11-14 09:47:16.878288+00","2026-11-14 15:48:47.334195+00","2026-11-14 21:18:35.557287+00","2026-11-15 08:17:31.779171+00","2026-11-15 18:31:11.666812+00","2026-11-16 04:50:26.797886+00","2026-11-16 14:35:42.299387+00","2026-11-17 00:37:16.088946+00","2026-11-17 11:35:29.656732+00","2026-11-17 17:58:19.249495+00","2026-11-17 22:31:22.042721+00","2026-11-18 05:45:48.744956+00","2026-11-18 12:51:45.249013+00","2026-11-18 16:37:10.222538+00","2026-11-18 22:16:20.899095+00","2026-11-19 04:52:11.519531+00","2026-11-19 18:59:11.556377+00","2026-11-19 23:34:57.50837+00","2026-11-20 02:54:10.223793+00","2026-11-20 15:19:58.774607+00","2026-11-20 20:58:22.280996+00","2026-11-21 09:43:01.265562+00","2026-11-21 15:00:12.298381+00","2026-11-21 22:57:41.404007+00","2026-11-22 04:42:19.07925+00","2026-11-22 10:37:15.946802+00","2026-11-22 15:03:18.356337+00","2026-11-22 20:13:52.933969+00","2026-11-23 02:30:01.318169+00","2026-11-23 11:59:10.456463+00","2026-11-23 15:45:08.805718+00","2026-11-23 22:58:09.703048+00","2026-11-24 07:47:02.93726+00","2026-11-24 14:10:38.044701+00","2026-11-24 21:23:03.578639+00","2026-11-25 06:10:57.963792+00","2026-11-25 14:54:09.963633+00","2026-11-25 20:18:44.681966+00","2026-11-26 03:01:36.732668+00","2026-11-26 11:33:57.824522+00","2026-11-26 23:35:47.737289+00"}'::text,
	'correlation', '0.99999994'::real
);
SELECT * FROM pg_catalog.pg_restore_attribute_stats(
	'version', '180006'::integer,
	'schemaname', 'public',
	'relname', 'operations',
	'attname', 'error',
	'inherited', 'f'::boolean,
	'null_frac', '0.9553667'::real,
	'avg_width', '102'::integer,
	'n_distinct', '0'::real
);
SELECT * FROM pg_catalog.pg_restore_attribute_stats(
	'version', '180006'::integer,
	'schemaname', 'public',
	'relname', 'operations',
	'attname', 'expires_at',
	'inherited', 'f'::boolean,
	'null_frac', '0.0099'::real,
	'avg_width', '8'::integer,
	'n_distinct', '-0.9901'::real,
	'histogram_bounds', '{"2026-10-28 06:01:33.630944+00","2026-11-11 06:14:25.31506+00","2026-11-26 11:53:31.911633+00","2026-11-27 12:03:20.99712+00","2026-11-27 20:20:12.545333+00","2026-11-28 03:52:29.663277+00","2026-11-28 10:47:19.180993+00","2026-11-28 18:11:29.182146+00","2026-11-29 01:22:22.053251+00","2026-11-29 07:48:01.009048+00","2026-11-29 14:44:04.066183+00","2026-11-29 22:03:39.459581+00","2026-11-30 05:31:56.54194+00","2026-11-30 12:56:43.022783+00","2026-11-30 20:22:04.459604+00","2026-12-01 03:43:25.86282+00","2026-12-01 11:15:09.667735+00","2026-12-01 18:17:09.158782+00","2026-12-02 01:23:33.994411+00","2026-12-02 08:24:35.400752+00","2026-12-02 15:00:01.268281+00","2026-12-02 21:34:17.990571+00","2026-12-03 05:40:23.174846+00","2026-12-03 13:55:41.399648+00","2026-12-03 22:29:45.520259+00","2026-12-04 05:40:08.241343+00","2026-12-04 12:32:25.885668+00","2026-12-04 19:50:38.671482+00","2026-12-05 01:48:56.956921+00","2026-12-05 09:15:59.045232+00","2026-12-05 16:39:23.944153+00","2026-12-06 00:24:40.941061+00","2026-12-06 07:28:08.959945+00","2026-12-06 15:37:00.747567+00","2026-12-06 23:59:36.84624+00","2026-12-07 07:32:10.902568+00","2026-12-07 14:11:43.97022+00","2026-12-07 20:02:19.223228+00","2026-12-08 04:32:51.206608+00","2026-12-08 12:43:19.080698+00","2026-12-08 19:44:04.276716+00","2026-12-09 03:07:07.744401+00","2026-12-09 09:44:52.39918+00","2026-12-09 17:50:08.099694+00","2026-12-10 00:18:35.558577+00","2026-12-10 06:40:45.292173+00","2026-12-10 14:39:18.308204+00","2026-12-10 20:33:14.579319+00","2026-12-11 02:56:11.295592+00","2026-12-11 09:49:59.014271+00","2026-12-11 17:36:53.098495+00","2026-12-12 00:05:21.421593+00","2026-12-12 06:37:42.649514+00","2026-12-12 13:17:33.833432+00","2026-12-12 20:32:03.489623+00","2026-12-13 04:39:10.369779+00","2026-12-13 12:33:52.30926+00","2026-12-13 19:45:31.874094+00","2026-12-14 02:56:38.60311+00","2026-12-14 10:00:29.433875+00","2026-12-14 18:15:46.677957+00","2026-12-15 01:39:48.786982+00","2026-12-15 09:27:23.796337+00","2026-12-15 17:17:19.524278+00","2026-12-16 01:02:40.526089+00","2026-12-16 07:55:19.869531+00","2026-12-16 15:31:27.367168+00","2026-12-16 23:39:12.625782+00","2026-12-17 07:05:13.464808+00","2026-12-17 15:03:19.858771+00","2026-12-17 21:31:44.206634+00","2026-12-18 05:20:21.34544+00","2026-12-18 12:05:34.423046+00","2026-12-18 19:42:44.463534+00","2026-12-19 03:19:41.128038+00","2026-12-19 09:55:30.974258+00","2026-12-19 18:12:37.0073+00","2026-12-19 23:38:45.078053+00","2026-12-20 07:28:31.153524+00","2026-12-20 15:50:27.328626+00","2026-12-20 23:09:53.941109+00","2026-12-21 06:05:55.363365+00","2026-12-21 13:45:39.692249+00","2026-12-21 21:31:57.911846+00","2026-12-22 04:42:20.264785+00","2026-12-22 11:51:14.423223+00","2026-12-22 19:10:53.329829+00","2026-12-23 01:57:39.223155+00","2026-12-23 09:51:14.804898+00","2026-12-23 17:16:57.952121+00","2026-12-24 01:11:30.899189+00","2026-12-24 09:30:17.39608+00","2026-12-24 17:26:14.450323+00","2026-12-25 01:17:15.201969+00","2026-12-25 07:51:05.343024+00","2026-12-25 15:52:54.688351+00","2026-12-25 22:18:00.12658+00","2026-12-26 06:11:20.25879+00","2026-12-26 13:02:47.478097+00","2026-12-26 20:09:04.219007+00","2026-12-27 02:55:03.118915+00"}'::text,
	'correlation', '0.9619283'::real
);
SELECT * FROM pg_catalog.pg_restore_attribute_stats(
	'version', '180006'::integer,
	'schemaname', 'public',
	'relname', 'operations',
	'attname', 'failure',
	'inherited', 'f'::boolean,
	'null_frac', '1'::real,
	'avg_width', '0'::integer,
	'n_distinct', '0'::real
);
SELECT * FROM pg_catalog.pg_restore_attribute_stats(
	'version', '180006'::integer,
	'schemaname', 'public',
	'relname', 'operations',
	'attname', 'fair_order',
	'inherited', 'f'::boolean,
	'null_frac', '0'::real,
	'avg_width', '8'::integer,
	'n_distinct', '-1'::real,
	'histogram_bounds', '{1793162723785178,1793188714038746,1793217345440090,1793242858340570,1793268597301466,1793292008715482,1793318388781658,1793342671480922,1793365731703130,1793391597340250,1793415268800986,1793444167973210,1793468717413466,1793494326093530,1793521316368346,1793547233499866,1793572824671834,1793597453928410,1793620933315034,1793644577483738,1793671107913562,1793699874230234,1793726694573530,1793755101459290,1793782193178074,1793806478452058,1793830621601498,1793854457329370,1793880655105370,1793906690674010,1793934438946394,1793962302566234,1793988280461146,1794017487569882,1794043398007130,1794067266691418,1794089085898586,1794119657093978,1794147290018906,1794172017114842,1794196081477850,1794220543892570,1794249141307610,1794271508930138,1794295595950682,1794322704147674,1794343219516634,1794365576325338,1794390309085658,1794418176310106,1794441019225946,1794464367301850,1794487064488538,1794512243705306,1794541339586138,1794569565211610,1794594799012442,1794619487487578,1794644867017562,1794672320741978,1794698323354202,1794725536599770,1794754000129370,1794780932730458,1794808180477274,1794834146013530,1794861176453978,1794887772796634,1794916288335578,1794941312554202,1794967121547482,1794994037155418,1795017379566938,1795043712258266,1795068225137498,1795096076913626,1795121281362650,1795142603133914,1795171938978650,1795199579627738,1795225256795354,1795251534387674,1795277544209114,1795303764127706,1795330555119194,1795355321350874,1795380134442458,1795405211700314,1795433064506330,1795459100074970,1795486744843610,1795515703234394,1795545358859354,1795570895447258,1795596141091802,1795623730246490,1795646024232026,1795673995475162,1795698221530586,1795723923930458,1795748088993060}'::text,
	'correlation', '1'::real
);
SELECT * FROM pg_catalog.pg_restore_attribute_stats(
	'version', '180006'::integer,
	'schemaname', 'public',
	'relname', 'operations',
	'attname', 'finished_at',
	'inherited', 'f'::boolean,
	'null_frac', '0.0099'::real,
	'avg_width', '8'::integer,
	'n_distinct', '-0.9901'::real,
	'histogram_bounds', '{"2026-10-28 04:45:24.916629+00","2026-10-28 12:02:40.634359+00","2026-10-28 20:06:20.157274+00","2026-10-29 03:10:04.17201+00","2026-10-29 10:16:12.775482+00","2026-10-29 16:59:11.654459+00","2026-10-30 00:23:30.993886+00","2026-10-30 07:01:41.592905+00","2026-10-30 13:20:08.765548+00","2026-10-30 20:37:11.122959+00","2026-10-31 03:12:21.203128+00","2026-10-31 11:03:10.307624+00","2026-10-31 17:59:46.49275+00","2026-11-01 01:19:04.619664+00","2026-11-01 08:30:07.511746+00","2026-11-01 16:02:22.811944+00","2026-11-01 23:01:38.297797+00","2026-11-02 06:03:24.196797+00","2026-11-02 12:36:36.289228+00","2026-11-02 18:52:55.561585+00","2026-11-03 02:22:51.123862+00","2026-11-03 10:07:24.604494+00","2026-11-03 17:45:20.866896+00","2026-11-04 01:28:54.151902+00","2026-11-04 08:58:40.8709+00","2026-11-04 15:45:00.27875+00","2026-11-04 22:32:05.045274+00","2026-11-05 05:06:18.035253+00","2026-11-05 12:13:50.974101+00","2026-11-05 19:38:18.066664+00","2026-11-06 03:16:01.843394+00","2026-11-06 10:53:24.433502+00","2026-11-06 18:11:36.167301+00","2026-11-07 02:18:49.79852+00","2026-11-07 09:29:02.276822+00","2026-11-07 16:07:12.488007+00","2026-11-07 22:18:47.604161+00","2026-11-08 06:44:31.004023+00","2026-11-08 14:26:18.904586+00","2026-11-08 21:23:13.061936+00","2026-11-09 04:03:25.671726+00","2026-11-09 10:52:42.512218+00","2026-11-09 18:39:56.111904+00","2026-11-10 00:57:11.268814+00","2026-11-10 07:40:13.082489+00","2026-11-10 15:05:19.167965+00","2026-11-10 20:50:42.826142+00","2026-11-11 03:01:38.06765+00","2026-11-11 09:53:01.302844+00","2026-11-11 17:36:25.168869+00","2026-11-12 00:02:17.296376+00","2026-11-12 06:23:51.996597+00","2026-11-12 12:43:04.350266+00","2026-11-12 19:40:53.041353+00","2026-11-13 03:47:17.462418+00","2026-11-13 11:45:03.192189+00","2026-11-13 18:43:05.147322+00","2026-11-14 01:45:58.419161+00","2026-11-14 08:46:14.77034+00","2026-11-14 16:25:09.529077+00","2026-11-14 23:49:29.346362+00","2026-11-15 07:02:00.879199+00","2026-11-15 15:12:27.561353+00","2026-11-15 22:26:24.678105+00","2026-11-16 06:01:14.13012+00","2026-11-16 13:21:07.969816+00","2026-11-16 20:40:36.140594+00","2026-11-17 04:18:00.540344+00","2026-11-17 11:59:30.519318+00","2026-11-17 18:57:23.993842+00","2026-11-18 02:08:19.041229+00","2026-11-18 09:32:55.621157+00","2026-11-18 16:12:30.287514+00","2026-11-18 23:26:40.281796+00","2026-11-19 06:14:53.549692+00","2026-11-19 14:10:35.26317+00","2026-11-19 20:49:14.914433+00","2026-11-20 02:52:56.883073+00","2026-11-20 10:55:46.394505+00","2026-11-20 18:42:19.497564+00","2026-11-21 01:43:38.612364+00","2026-11-21 09:14:18.333415+00","2026-11-21 16:19:04.453774+00","2026-11-21 23:42:12.197016+00","2026-11-22 07:01:06.906502+00","2026-11-22 14:06:11.154977+00","2026-11-22 20:45:17.170099+00","2026-11-23 03:44:39.635032+00","2026-11-23 11:27:44.614995+00","2026-11-23 18:56:39.38167+00","2026-11-24 02:29:42.417146+00","2026-11-24 10:30:25.14766+00","2026-11-24 18:44:49.012401+00","2026-11-25 01:49:55.701517+00","2026-11-25 09:11:04.265459+00","2026-11-25 16:24:56.483489+00","2026-11-25 22:36:29.549649+00","2026-11-26 06:20:12.48895+00","2026-11-26 13:06:47.080559+00","2026-11-26 20:16:02.457468+00","2026-11-27 02:55:03.118915+00"}'::text,
	'correlation', '1'::real
);
SELECT * FROM pg_catalog.pg_restore_attribute_stats(
	'version', '180006'::integer,
	'schemaname', 'public',
	'relname', 'operations',
	'attname', 'group_name',
	'inherited', 'f'::boolean,
	'null_frac', '1'::real,
	'avg_width', '0'::integer,
	'n_distinct', '0'::real
);
SELECT * FROM pg_catalog.pg_restore_attribute_stats(
	'version', '180006'::integer,
	'schemaname', 'public',
	'relname', 'operations',
	'attname', 'group_position',
	'inherited', 'f'::boolean,
	'null_frac', '1'::real,
	'avg_width', '8'::integer,
	'n_distinct', '0'::real
);
SELECT * FROM pg_catalog.pg_restore_attribute_stats(
	'version', '180006'::integer,
	'schemaname', 'public',
	'relname', 'operations',
	'attname', 'has_receivers',
	'inherited', 'f'::boolean,
	'null_frac', '0'::real,
	'avg_width', '1'::integer,
	'n_distinct', '1'::real,
	'most_common_vals', '{f}'::text,
	'most_common_freqs', '{1}'::real[],
	'correlation', '1'::real
);
SELECT * FROM pg_catalog.pg_restore_attribute_stats(
	'version', '180006'::integer,
	'schemaname', 'public',
	'relname', 'operations',
	'attname', 'id',
	'inherited', 'f'::boolean,
	'null_frac', '0'::real,
	'avg_width', '16'::integer,
	'n_distinct', '-1'::real,
	'histogram_bounds', '{01a180d3-c1c9-7819-b24a-8ef9706fe6fa,01a18260-5636-7f64-a3a0-edbe4a42965d,01a18415-37a0-7022-8bc8-f51a7773df16,01a1859a-8364-7ab0-9e21-1d9a386f9d44,01a18723-4235-75cc-9e66-7efb24ec9367,01a18888-7d0b-71d8-a7c4-8f33f4e2db1f,01a18a1b-042d-7273-b6d2-f9f8ad08eaf3,01a18b8d-8a78-733b-8e2f-3b62dbdadcd9,01a18ced-6977-73c1-92e5-cf70a00231f1,01a18e78-171c-7c2c-96b4-2dc490eb2b94,01a18fe1-49c0-7ca1-b241-74cf00e10cb1,01a1919a-4125-712d-acf3-e8615cff5904,01a19310-d965-7f94-9898-78c4ea6c39bd,01a19497-9b4d-737d-a478-4de0565b81a6,01a19633-7210-7d07-bd25-b48e25b624e4,01a197be-e8db-79b3-a9fc-eb16e170c568,01a19945-665f-7594-b633-ecea273ef071,01a19abd-3668-7eb3-8b43-ed67878c6280,01a19c23-7ac3-76ee-8324-0bf62d5b5146,01a19d8c-42cb-74e5-a413-ceff6e920244,01a19f21-1549-75c7-9cc1-c3c70032415d,01a1a0d8-05b6-79de-9ccd-21ce62865406,01a1a271-44ad-77c4-9676-17d7172f8598,01a1a422-b913-7bdf-bc50-61418a8e21ee,01a1a5c0-1c1a-7b9b-ac5a-6e1fe7ecf3be,01a1a732-ac74-7496-8a6f-af0f7bbc3392,01a1a8a3-11a1-7c3a-8b9c-e8a6242832ec,01a1aa0e-c5f1-7cdf-82b5-6f6b5fe361b4,01a1ab9e-8501-7d9f-8185-0644d0c96b27,01a1ad2b-ca72-74a0-93a9-fe8812a53796,01a1aed3-3222-70f8-8065-1abbd92a3dc2,01a1b07c-5c66-79c9-a6dd-4d787cac8c18,01a1b208-c08d-707d-98cb-a8e632e46619,01a1b3c6-6ad1-766d-a775-d795a252c947,01a1b551-c777-7756-b22e-f0964caac6c2,01a1b6bd-fc83-7377-a34f-73ac67deefd8,01a1b80a-ebca-70ed-8a12-5ea80c61836e,01a1b9dd-6685-7bec-9fcc-345257f8763c,01a1bb83-0ba2-7d22-bb42-19d4de440b84,01a1bcfc-59da-7809-bccc-15a6e6cb28f2,01a1be6b-8b45-7d71-915d-f5df341ebcbf,01a1bfe0-cf94-7359-b38e-8bbee2dc9f2f,01a1c195-2c3b-7cf1-a582-e0bb76f74e1d,01a1c2ea-79c2-720a-a630-0373eae5b0a5,01a1c45a-03ae-73fc-ab7d-63ec583749fc,01a1c5f7-a713-77d9-8519-164a2c5ddb50,01a1c730-b13c-70d5-9707-d4560ade00cd,01a1c885-d485-7e32-ada7-4f8369cb14de,01a1c9ff-38dd-76c6-a1d5-81f285730a04,01a1cba8-7136-707b-b1ca-4c7f5a5b9f0d,01a1cd04-ff59-74cb-869b-ca9573a8795c,01a1ce69-42c5-75f7-a95b-4f05660fb3e9,01a1cfc3-97a8-7fa5-a75a-d2d7b1fd7c43,01a1d143-cbf9-7594-9815-1fdf6c01c882,01a1d2ff-c3c2-77c3-bc52-98454408e814,01a1d4ae-741b-7ec0-a011-7c0cd096563b,01a1d62f-7da4-7832-8881-df241cac92e8,01a1d7a8-34ff-7dfe-916d-7013e5adb59f,01a1d92b-77c9-7f42-b23d-86abc661ee44,01a1dace-60e5-7cbd-9a5e-b1c9f36e3814,01a1dc5b-259a-7376-8666-32fb59fd9e85,01a1ddfa-6357-7288-bb44-22f05753292d,01a1dfac-b501-74e4-82d4-3b95184f3b92,01a1e147-aa7a-7b64-acb0-0b97dfa8ca33,01a1e2e7-6efd-7449-92b5-561f9aaffee5,01a1e473-a2dd-70fe-8b4e-fb79f0dca18e,01a1e610-1685-7a72-add0-d0c43db9b2f7,01a1e7a5-ea7c-79d7-9911-e7cfdf997c29,01a1e959-074f-73d5-ac23-30851a16444a,01a1ead6-de2a-7608-a7b6-d6e0759b68d8,01a1ec60-ae8b-7fc5-8a1e-73e6ca3035c1,01a1edfb-61a3-740d-9c4e-d208f03c15ee,01a1ef5f-8eee-7850-9727-5ceb8882de51,01a1f0f1-5d02-756a-ac60-89f377ef585f,01a1f267-6671-73bb-9940-d750bb80a52d,01a1f410-6271-77ee-ac9d-7b707f05bc4c,01a1f590-f952-7f15-a1b4-5c749c0e824b,01a1f6d6-517d-7ae5-87c6-874d40b9f714,01a1f895-f2a2-72c7-8366-5dc2b8b2b2b6,01a1fa3b-b5eb-7b5d-afff-11f367b42af6,01a1fbc3-835b-7f70-9d0b-809f28e0f130,01a1fd54-7a33-718d-a01a-d8fe3a388284,01a1fee1-5b11-7d10-8826-8cba7aa383ba,01a20071-709f-7de9-ae22-5995efe37cff,01a2020a-3cef-7961-8231-41faa1de4819,01a20384-2406-7b6d-ae24-3ad131ae3cfb,01a204fe-c22a-77c0-8b86-c516374477a7,01a2067d-6834-758c-b275-2b37c3ccca14,01a20826-683a-766b-b9e0-858e2cbc22b6,01a209b3-adaa-710f-abf4-ea4afef86bb5,01a20b59-810b-75be-be51-bc7309945f5f,01a20d13-5fc2-7ded-9274-5283a5914df7,01a20ed7-e20b-74f9-89ae-7c6037be1170,01a2105d-8a57-7046-abd5-54b0cd01dd5a,01a211de-c223-7823-94dd-a7394290afb9,01a21383-bc46-7a9c-a23c-3532344d130f,01a214d7-ea28-7492-ba4a-5eb58ad4512f,01a21682-b8d3-7d80-8952-b1d46c0fe6fc,01a217f4-61da-7cbc-9395-9ffcddf666b6,01a2197c-91da-7760-848c-e870c98ad4d0,01a21aed-4ca0-7738-9073-ba50628cd642}'::text,
	'correlation', '1'::real
);
SELECT * FROM pg_catalog.pg_restore_attribute_stats(
	'version', '180006'::integer,
	'schemaname', 'public',
	'relname', 'operations',
	'attname', 'idempotency_key',
	'inherited', 'f'::boolean,
	'null_frac', '0.06723333'::real,
	'avg_width', '26'::integer,
	'n_distinct', '-0.9327667'::real,
	'histogram_bounds', '{51e9af4da0-starts-1588,external-02b90d7214ea44a7,external-0850ba7614f3dde9,external-0dcce9d1b47e1d38,external-12caf8e41abf7967,external-17e31954b2ff0c75,external-1d2ffaf5f11fadf7,external-2259184604f72841,external-27fabf389af6bff3,external-2ceffcdd6fd2bd8b,external-31cd841d67388e0f,external-36f3f08ffc9f3975,external-3bb5d1f6305004bf,external-4113aa0a50501354,external-466ac6cc2743f556,external-4b7c1e6aaa340f3b,external-5095652c7be1998c,external-561f7723b4a45184,external-5b701e2f759f83d8,external-60452412913ea03a,external-64cfd466975eedaa,external-69edf5cf4dcb3f3d,external-6f60b4d0756f32e6,external-74905bf9c57060ee,external-7a0843730ed79e1e,external-7f5967eb088df41c,external-83ef06537ba8ea4f,external-896e1617368d6522,external-8e455f238755e57f,external-9363d2d10dcab980,external-98bb0fd4fc560bb7,external-9d1b2d5ae37a2767,external-a274cdc1456d748e,external-a77f34152ffb48a3,external-ac79a87f5644aa71,external-b1c4f80e115dc743,external-b79f480b91975294,external-bccc98216d5d1f21,external-c1e9f03f6b14a26a,external-c70868acd61e4946,external-cc7101fa6ff71538,external-d171fee1159f85bc,external-d64d5eb9f9b8f62b,external-db9394469f66b24c,external-e0798c6f0f368983,external-e577e5ea11454fd5,external-eae10316e8b9613a,external-ef835e6943211c27,external-f4ad1971648c8216,external-f9ef49cb94423dc2,external-fe96c704e6dd69c1,local-09806141e9640b2a,local-16d89812b2321f2d,local-239260365e6d456e,local-30edcba227ba8d76,local-3e9589dfd15266ad,local-4c37fcb19b6474e7,local-5705c9e32ee0cf63,local-634031d1f71e8bf2,local-6f3954f8cf2ece45,local-7b6bd1cd8e3318ea,local-88be65fcb556416c,local-94922987c1d78c4b,local-9f3e0ddd9ceb5fcb,local-ac803588f1029b0c,local-b96d691e482a2171,local-c5323fa71648e66a,local-d242bb03831665b5,local-de439b9336e678f0,local-eb0be698b3d5d8b1,local-f788f67738e6147a,place-order-0488952c698618dc,place-order-12c8d9d94a874ab1,place-order-1f01620d6206ec6b,place-order-2acd6ce8ec358906,place-order-3676c6a621e6afda,place-order-44cf6068101f5de1,place-order-5322e120aa6aaf98,place-order-5fc2de7cb1984137,place-order-6bd88c4d879e3b50,place-order-78c79c00d666eaf2,place-order-85257585606771fa,place-order-928e088e6d1b83cf,place-order-a09c35382592e592,place-order-ae4eb3a6623b1e9b,place-order-bba07a4a960b3cae,place-order-c84a9c1e8597862d,place-order-d4c5cf736da682c0,place-order-e26d8a8bc274eca2,place-order-f0258fb46c9feb80,place-order-fcd0e0f38089dbd5,transfer-funds-144de6656ff46347,transfer-funds-2b9d2e337362f43e,transfer-funds-48260799a3998ae9,transfer-funds-62e80790c1e77b5a,transfer-funds-7f872acbb1bdffd1,transfer-funds-98a8c3d5165aa1e6,transfer-funds-b1765308563d1db9,transfer-funds-c9437f19037c4a8b,transfer-funds-e77b50fc2e10ea0a,transfer-funds-fff27ad5f4c32d28}'::text,
	'correlation', '-0.023493715'::real
);
SELECT * FROM pg_catalog.pg_restore_attribute_stats(
	'version', '180006'::integer,
	'schemaname', 'public',
	'relname', 'operations',
	'attname', 'input',
	'inherited', 'f'::boolean,
	'null_frac', '0.02'::real,
	'avg_width', '359'::integer,
	'n_distinct', '0'::real
);
SELECT * FROM pg_catalog.pg_restore_attribute_stats(
	'version', '180006'::integer,
	'schemaname', 'public',
	'relname', 'operations',
	'attname', 'labels',
	'inherited', 'f'::boolean,
	'null_frac', '0'::real,
	'avg_width', '22'::integer,
	'n_distinct', '4'::real,
	'most_common_vals', '{"{\"channel\": \"web\"}","{\"channel\": \"app\"}","{\"channel\": \"shop\"}","{}"}'::text,
	'most_common_freqs', '{0.3255,0.32516667,0.3242,0.025133334}'::real[],
	'correlation', '0.31194502'::real
);
SELECT * FROM pg_catalog.pg_restore_attribute_stats(
	'version', '180006'::integer,
	'schemaname', 'public',
	'relname', 'operations',
	'attname', 'lease_alone',
	'inherited', 'f'::boolean,
	'null_frac', '0'::real,
	'avg_width', '1'::integer,
	'n_distinct', '1'::real,
	'most_common_vals', '{f}'::text,
	'most_common_freqs', '{1}'::real[],
	'correlation', '1'::real
);
SELECT * FROM pg_catalog.pg_restore_attribute_stats(
	'version', '180006'::integer,
	'schemaname', 'public',
	'relname', 'operations',
	'attname', 'lease_epoch',
	'inherited', 'f'::boolean,
	'null_frac', '0'::real,
	'avg_width', '8'::integer,
	'n_distinct', '2'::real,
	'most_common_vals', '{1,0}'::text,
	'most_common_freqs', '{0.99113333,0.008866667}'::real[],
	'correlation', '0.9838897'::real
);
SELECT * FROM pg_catalog.pg_restore_attribute_stats(
	'version', '180006'::integer,
	'schemaname', 'public',
	'relname', 'operations',
	'attname', 'lease_expires_at',
	'inherited', 'f'::boolean,
	'null_frac', '1'::real,
	'avg_width', '8'::integer,
	'n_distinct', '0'::real
);
SELECT * FROM pg_catalog.pg_restore_attribute_stats(
	'version', '180006'::integer,
	'schemaname', 'public',
	'relname', 'operations',
	'attname', 'lease_owner',
	'inherited', 'f'::boolean,
	'null_frac', '1'::real,
	'avg_width', '16'::integer,
	'n_distinct', '0'::real
);
SELECT * FROM pg_catalog.pg_restore_attribute_stats(
	'version', '180006'::integer,
	'schemaname', 'public',
	'relname', 'operations',
	'attname', 'limited',
	'inherited', 'f'::boolean,
	'null_frac', '0'::real,
	'avg_width', '1'::integer,
	'n_distinct', '1'::real,
	'most_common_vals', '{f}'::text,
	'most_common_freqs', '{1}'::real[],
	'correlation', '1'::real
);
SELECT * FROM pg_catalog.pg_restore_attribute_stats(
	'version', '180006'::integer,
	'schemaname', 'public',
	'relname', 'operations',
	'attname', 'lost_leases',
	'inherited', 'f'::boolean,
	'null_frac', '0'::real,
	'avg_width', '4'::integer,
	'n_distinct', '1'::real,
	'most_common_vals', '{0}'::text,
	'most_common_freqs', '{1}'::real[],
	'correlation', '1'::real
);
SELECT * FROM pg_catalog.pg_restore_attribute_stats(
	'version', '180006'::integer,
	'schemaname', 'public',
	'relname', 'operations',
	'attname', 'message',
	'inherited', 'f'::boolean,
	'null_frac', '1'::real,
	'avg_width', '0'::integer,
	'n_distinct', '0'::real
);
SELECT * FROM pg_catalog.pg_restore_attribute_stats(
	'version', '180006'::integer,
	'schemaname', 'public',
	'relname', 'operations',
	'attname', 'next_wake_at',
	'inherited', 'f'::boolean,
	'null_frac', '0.99113333'::real,
	'avg_width', '8'::integer,
	'n_distinct', '-0.008866668'::real,
	'histogram_bounds', '{"2026-12-27 07:01:49.891553+00","2026-12-27 14:00:43.588745+00","2026-12-27 20:37:33.84974+00","2026-12-28 05:32:54.569891+00","2026-12-28 14:06:43.910744+00","2026-12-28 19:18:02.014777+00","2026-12-28 21:01:39.806608+00","2026-12-29 13:51:30.32582+00","2026-12-29 18:29:45.722897+00","2026-12-29 21:11:22.580936+00","2026-12-30 04:47:58.557277+00","2026-12-30 14:11:50.741781+00","2026-12-30 20:02:12.926249+00","2026-12-31 02:45:40.905702+00","2026-12-31 09:34:02.79737+00","2026-12-31 17:21:59.105354+00","2027-01-01 03:03:31.488252+00","2027-01-01 08:46:45.882927+00","2027-01-01 10:42:40.708324+00","2027-01-01 18:01:40.640832+00","2027-01-01 19:16:06.336317+00","2027-01-01 23:31:18.226771+00","2027-01-02 07:30:26.489727+00","2027-01-02 08:28:09.374888+00","2027-01-02 16:30:16.794444+00","2027-01-02 19:20:01.08699+00","2027-01-02 23:05:51.052368+00","2027-01-03 03:03:49.38756+00","2027-01-03 19:29:43.031114+00","2027-01-04 05:13:27.481778+00","2027-01-04 12:05:18.974855+00","2027-01-04 15:56:36.496925+00","2027-01-04 18:08:07.92408+00","2027-01-05 02:13:42.621887+00","2027-01-05 10:10:41.514674+00","2027-01-05 15:04:46.569428+00","2027-01-05 19:19:24.134909+00","2027-01-06 09:50:51.65519+00","2027-01-06 15:27:50.163178+00","2027-01-06 18:43:31.444988+00","2027-01-07 05:43:55.743018+00","2027-01-07 07:19:54.091643+00","2027-01-07 23:35:17.766575+00","2027-01-08 01:25:27.388012+00","2027-01-08 14:19:58.332024+00","2027-01-08 21:05:18.806834+00","2027-01-09 04:15:30.794861+00","2027-01-09 06:52:52.871092+00","2027-01-09 16:24:44.477192+00","2027-01-09 22:34:57.958458+00","2027-01-10 07:30:38.080491+00","2027-01-10 17:14:12.906509+00","2027-01-11 00:22:00.438188+00","2027-01-11 10:40:53.5047+00","2027-01-11 16:00:42.122037+00","2027-01-11 18:50:26.44666+00","2027-01-12 00:50:52.326958+00","2027-01-12 14:06:16.004671+00","2027-01-12 17:31:18.739848+00","2027-01-13 05:24:46.921966+00","2027-01-13 11:30:02.708453+00","2027-01-14 09:26:30.698346+00","2027-01-14 16:05:33.3232+00","2027-01-14 19:20:23.769994+00","2027-01-15 03:41:49.930614+00","2027-01-15 14:03:25.494929+00","2027-01-15 20:17:36.625336+00","2027-01-15 21:29:53.706116+00","2027-01-16 15:17:31.080063+00","2027-01-16 18:20:38.483687+00","2027-01-17 00:07:21.691102+00","2027-01-17 11:41:53.978101+00","2027-01-17 16:21:31.842498+00","2027-01-17 22:11:21.545007+00","2027-01-18 20:20:00.695438+00","2027-01-18 20:58:59.935115+00","2027-01-19 04:57:34.330168+00","2027-01-20 02:48:06.90127+00","2027-01-20 07:52:34.146538+00","2027-01-20 16:34:26.875041+00","2027-01-20 20:36:41.070452+00","2027-01-20 21:49:39.274529+00","2027-01-21 03:28:23.438582+00","2027-01-21 12:16:33.215056+00","2027-01-21 18:14:33.891228+00","2027-01-22 16:05:18.981395+00","2027-01-22 17:57:09.860725+00","2027-01-23 02:44:36.437786+00","2027-01-23 08:20:39.815706+00","2027-01-23 08:50:58.662648+00","2027-01-23 23:05:00.712226+00","2027-01-24 02:08:45.553087+00","2027-01-24 03:43:56.769676+00","2027-01-24 09:21:37.022464+00","2027-01-24 12:54:17.571409+00","2027-01-24 15:14:33.348096+00","2027-01-24 23:56:49.8269+00","2027-01-25 07:12:32.898304+00","2027-01-25 09:26:17.287063+00","2027-01-25 13:14:01.953531+00","2027-01-25 21:27:30.30085+00"}'::text,
	'correlation', '-0.010279568'::real
);
SELECT * FROM pg_catalog.pg_restore_attribute_stats(
	'version', '180006'::integer,
	'schemaname', 'public',
	'relname', 'operations',
	'attname', 'not_before',
	'inherited', 'f'::boolean,
	'null_frac', '0.99113333'::real,
	'avg_width', '8'::integer,
	'n_distinct', '-0.008866668'::real,
	'histogram_bounds', '{"2026-12-27 07:01:49.891553+00","2026-12-27 14:00:43.588745+00","2026-12-27 20:37:33.84974+00","2026-12-28 05:32:54.569891+00","2026-12-28 14:06:43.910744+00","2026-12-28 19:18:02.014777+00","2026-12-28 21:01:39.806608+00","2026-12-29 13:51:30.32582+00","2026-12-29 18:29:45.722897+00","2026-12-29 21:11:22.580936+00","2026-12-30 04:47:58.557277+00","2026-12-30 14:11:50.741781+00","2026-12-30 20:02:12.926249+00","2026-12-31 02:45:40.905702+00","2026-12-31 09:34:02.79737+00","2026-12-31 17:21:59.105354+00","2027-01-01 03:03:31.488252+00","2027-01-01 08:46:45.882927+00","2027-01-01 10:42:40.708324+00","2027-01-01 18:01:40.640832+00","2027-01-01 19:16:06.336317+00","2027-01-01 23:31:18.226771+00","2027-01-02 07:30:26.489727+00","2027-01-02 08:28:09.374888+00","2027-01-02 16:30:16.794444+00","2027-01-02 19:20:01.08699+00","2027-01-02 23:05:51.052368+00","2027-01-03 03:03:49.38756+00","2027-01-03 19:29:43.031114+00","2027-01-04 05:13:27.481778+00","2027-01-04 12:05:18.974855+00","2027-01-04 15:56:36.496925+00","2027-01-04 18:08:07.92408+00","2027-01-05 02:13:42.621887+00","2027-01-05 10:10:41.514674+00","2027-01-05 15:04:46.569428+00","2027-01-05 19:19:24.134909+00","2027-01-06 09:50:51.65519+00","2027-01-06 15:27:50.163178+00","2027-01-06 18:43:31.444988+00","2027-01-07 05:43:55.743018+00","2027-01-07 07:19:54.091643+00","2027-01-07 23:35:17.766575+00","2027-01-08 01:25:27.388012+00","2027-01-08 14:19:58.332024+00","2027-01-08 21:05:18.806834+00","2027-01-09 04:15:30.794861+00","2027-01-09 06:52:52.871092+00","2027-01-09 16:24:44.477192+00","2027-01-09 22:34:57.958458+00","2027-01-10 07:30:38.080491+00","2027-01-10 17:14:12.906509+00","2027-01-11 00:22:00.438188+00","2027-01-11 10:40:53.5047+00","2027-01-11 16:00:42.122037+00","2027-01-11 18:50:26.44666+00","2027-01-12 00:50:52.326958+00","2027-01-12 14:06:16.004671+00","2027-01-12 17:31:18.739848+00","2027-01-13 05:24:46.921966+00","2027-01-13 11:30:02.708453+00","2027-01-14 09:26:30.698346+00","2027-01-14 16:05:33.3232+00","2027-01-14 19:20:23.769994+00","2027-01-15 03:41:49.930614+00","2027-01-15 14:03:25.494929+00","2027-01-15 20:17:36.625336+00","2027-01-15 21:29:53.706116+00","2027-01-16 15:17:31.080063+00","2027-01-16 18:20:38.483687+00","2027-01-17 00:07:21.691102+00","2027-01-17 11:41:53.978101+00","2027-01-17 16:21:31.842498+00","2027-01-17 22:11:21.545007+00","2027-01-18 20:20:00.695438+00","2027-01-18 20:58:59.935115+00","2027-01-19 04:57:34.330168+00","2027-01-20 02:48:06.90127+00","2027-01-20 07:52:34.146538+00","2027-01-20 16:34:26.875041+00","2027-01-20 20:36:41.070452+00","2027-01-20 21:49:39.274529+00","2027-01-21 03:28:23.438582+00","2027-01-21 12:16:33.215056+00","2027-01-21 18:14:33.891228+00","2027-01-22 16:05:18.981395+00","2027-01-22 17:57:09.860725+00","2027-01-23 02:44:36.437786+00","2027-01-23 08:20:39.815706+00","2027-01-23 08:50:58.662648+00","2027-01-23 23:05:00.712226+00","2027-01-24 02:08:45.553087+00","2027-01-24 03:43:56.769676+00","2027-01-24 09:21:37.022464+00","2027-01-24 12:54:17.571409+00","2027-01-24 15:14:33.348096+00","2027-01-24 23:56:49.8269+00","2027-01-25 07:12:32.898304+00","2027-01-25 09:26:17.287063+00","2027-01-25 13:14:01.953531+00","2027-01-25 21:27:30.30085+00"}'::text,
	'correlation', '-0.010279568'::real
);
SELECT * FROM pg_catalog.pg_restore_attribute_stats(
	'version', '180006'::integer,
	'schemaname', 'public',
	'relname', 'operations',
	'attname', 'phase',
	'inherited', 'f'::boolean,
	'null_frac', '0'::real,
	'avg_width', '8'::integer,
	'n_distinct', '3'::real,
	'most_common_vals', '{finished,queued,committing}'::text,
	'most_common_freqs', '{0.9901,0.008866667,0.0010333334}'::real[],
	'correlation', '0.97879153'::real
);
SELECT * FROM pg_catalog.pg_restore_attribute_stats(
	'version', '180006'::integer,
	'schemaname', 'public',
	'relname', 'operations',
	'attname', 'priority',
	'inherited', 'f'::boolean,
	'null_frac', '0'::real,
	'avg_width', '10'::integer,
	'n_distinct', '1'::real,
	'most_common_vals', '{normal}'::text,
	'most_common_freqs', '{1}'::real[],
	'correlation', '1'::real
);
SELECT * FROM pg_catalog.pg_restore_attribute_stats(
	'version', '180006'::integer,
	'schemaname', 'public',
	'relname', 'operations',
	'attname', 'progress',
	'inherited', 'f'::boolean,
	'null_frac', '0.99486667'::real,
	'avg_width', '41'::integer,
	'n_distinct', '0'::real
);
SELECT * FROM pg_catalog.pg_restore_attribute_stats(
	'version', '180006'::integer,
	'schemaname', 'public',
	'relname', 'operations',
	'attname', 'ready',
	'inherited', 'f'::boolean,
	'null_frac', '0'::real,
	'avg_width', '1'::integer,
	'n_distinct', '1'::real,
	'most_common_vals', '{f}'::text,
	'most_common_freqs', '{1}'::real[],
	'correlation', '1'::real
);
SELECT * FROM pg_catalog.pg_restore_attribute_stats(
	'version', '180006'::integer,
	'schemaname', 'public',
	'relname', 'operations',
	'attname', 'request_fingerprint',
	'inherited', 'f'::boolean,
	'null_frac', '0.95276666'::real,
	'avg_width', '33'::integer,
	'n_distinct', '-0.047233343'::real,
	'histogram_bounds', '{"\\x0028bcc740ce6d94f82d38cdf80bde064244d4d9bafa9b70b7db96816e191243","\\x0286a067fc589586015bfa49552d211784c1578b01750c43e4a626e5969c5c4b","\\x03ef015d29ed7d98bdef2eb2e3837288019261116aeb5fc4a9cfbea4e82d2a25","\\x06be4a0bd38c189eb2571ce6acd4eeb7f0a8f67afe9a3eeaf80d8537907256b4","\\x09a1899554cc01900ce1454c7ae17d8358d47e8be3c028fd5c826d7f3ab5b59e","\\x0ce43ffdbb826d164882be26781c90d8f345761e20b993317c63b6821b2f88e8","\\x0ee0f8a03b1e9b1ae9bd5b1da47caccf87bcb03006d9c355ee17399db3c96190","\\x104333450f824b3e513abac1936072945a92ffc50fea345d99f8d4f8b8a51bb5","\\x135915e8f585c191a0594cefa9642c662056b3709b8884b8565d305fcafcead4","\\x1649310a2cb75a7de773c056658abfd154105394b9c494cd1d9c9affab4103a6","\\x18e4dc24f614f62d341ae256e9e1aa8650000510e07543249657bc7d34142e2b","\\x1bd82cf8b8d40038aa5ee81d9b81c24ce57b7ddbf679c746b38dfb350e47b270","\\x1d8cf32d70bee3e82f55462b5ab04fb446af079012deaf53d98e6706d792d9bc","\\x217b96ef818c2b9eb6461a9c47f85211f55eff8914690d04b027d605270cc269","\\x241f0f87a838e4905637a69062493b1b31e506823a097be10632df10d071d944","\\x25d32b5e4ba95fabe097b14368556c08e7c581ae6131284de3a9e3630c7e8988","\\x297c54121f1ceabc659359e57cb8bdb3ada58ea0d26bf238cc3c7b4a348f69d5","\\x2bd3f53ecd2e306eee472151bedbdfef91ecdf4c80352d5f3e3487519cd7adfb","\\x2e2f19b06b9d7281373b15561fcad55e56dc68d637d62b1614193c4103e87794","\\x32143804f8f07f212d13e0ab074dd6c6d1665fe55d9782527e6d1c4ad59244c5","\\x341b2f78427d3964a9b411c8757565c90786106f0a2be01b90f77a314a643cde","\\x3684952f44576f2707309b94a8c9d40e2634df0ebc65d3ba053582fb49da4a70","\\x3a6c5d18b1ba80a8c59a1d35e097c70baca5fce4042e9a4798e312a1ce622c41","\\x3ca1cdaf368ddad368ad3e9af64395b8f2946c04df1794dc20f763485626dfb7","\\x3f24b246d762a919230162b9e4bb5741c90c114a5d52529b6657bd8fca211795","\\x417c5acd68ac2e13e4a88407921e8926fe911a62a5e4ef0b227a0726d5fdc9b3","\\x44217720dd3823db697c2bd39dbcba2d6f2164521782850487bcda21b065c39f","\\x469abd0e690fccbfa3765cd3e99f2f0296f98c845449a4ea6d737980adbb4f99","\\x490f66aa955784f5d2c648aab47b3097235ab5a2267b02ed5e5c2bbbaa68556a","\\x4b368d9b6e12733820f68b5fc10f1222c0f64ce528f65b53fdbc029337cd50d8","\\x4e637668db4c79a678cce66e8124d8d40d962716e1d2e70c849c8be089545f88","\\x5093475f744b4bdfb57df505bcde65f6d56bc9084d74a720f158960e8d999e03","\\x539f716d0c6f5cda206ea8a0755a5e10ec25c7c2301043f864e47241066df917","\\x578c9502cf3ecf08c8a6b07ab09081cce4b4768a882aa21d7e9f5236a533cb57","\\x5a40f81f13ef2bbd897656ee10d8d9dbf13827df00929d624878ac4dffd9f944","\\x5d2e45f34661b5e04a1abad21eab839887674c1edabf83cc6a09d952c0f76021","\\x5ecec831f6a5476c1355e3f58becd558631bc6cecd769bfba13ebd01168db3fd","\\x61e7fa00e9e4c3134032090c76b97221b48ec0c454f22ae9abae325ae50ad41b","\\x659d44be613da1187ab4cd0b6a73faab57e855bcf14d2fa58e1521691b89c1c4","\\x676335b2b9347615b562bc1e15b14047db97976247f0ded6801a88705d56dcb1","\\x69b3b0d942b22ec400c8c9b04787b80158b252a6238488186bcc985f82cd492c","\\x6c5eae391efbd92bd29a9fa7fec9b165b09f9dcb1dc504367c7425a29c000646","\\x6f84e2a2aaaed1e1c8b28f70bd3196f82cce46a08ccbcdbd0a784fd38184df3f","\\x725d8bdd82087b43d0877c3b296f5651fc4db9ffc0c26cc75e77f33a44ddf9de","\\x74a2df998aa792337db0094e30a7fcb70c45b57f98436dde8287647f9153f21e","\\x7769df6a6422bd28750fdfff839f0a00c30b8c6ea4475c5c0213eb52f654baa0","\\x79cb44af516343364a29db56fedb22a46cadf03f2495278d14cf7debe6163aec","\\x7c98b697572791ae88b93bec2def1fd42998a00790c51165ca46363cc31bb065","\\x7e1f7ae1d42e5c998e5506c90132fa8bd3abd2a1cfa8465fcb7522be435af967","\\x7faf3ea967adea18bc106d81e656ec36ef858a80834abed6d8d1b5d4755bf2c6","\\x81911ac96b368b11673ab06aab9c512f9630470a87e307d26c4ea33d5ec02b94","\\x846288bf4f7793f0517bfe5f21f0cc23c7f49909f6185a9cb9870ae07e68a2c0","\\x87bb021305a40efe6b40d9cd62b06bb0afa5c925c5d09d921d062dffd39cc5c1","\\x8ada56a4b1b303f37c06a736f037d3ebcfd5282975cf37e076eec7655be30def","\\x8d8c49bf22d5a0aed1e26b4a00b6fe030790687345b8a98970fca68a9bfe5b41","\\x8feeb6f34ec7c4fa83310109d20c33e0ee67b9f3e0d4b83f64d9b6cb1345a6e1","\\x93f325b5c8a12a684e1a34299a0713a4e1f9b1ff12e4ac107c80df28bd800aa1","\\x96528de591109ebbfd052d32a53326c9c47383ed1fcaa2e6d45994013b188c44","\\x99554a7590c4a58f3896860a443c8b7f3c8a241ccbe36e9e38b6fec6cdf8e619","\\x9bb527595bd8e4b0ffc5951e274b19e887dc10a821ba956c03e0a559dad97792","\\x9eba29072a66d3d05b7e6bd29ac4635f147388fbf0e1227945a6ab21ae03ae0c","\\xa0810133af2c26d45cdebf2c0a3bf9a236e4c50348d1cdad0d62945c2e831cf4","\\xa258d3bb6f2946e97b767ccce86053829ee89bc2b983fb2cb805141b22fca4b6","\\xa687d0e3b751074986a7369757d4f7fe91125868b8bc52374a70f5f6d527fe86","\\xa9afb03ec291f4f61f2c5fdd165b3e2654cdbbab3fd6e88626eb241f5e4877b7","\\xac13a3d3557637ee8aa66a10fcefcb9c834308f65a1fa490336b951b4dad56f8","\\xae5cc6735522c84714a219a9c0e799a6b9bb3844ac0887deae47eb22e9dac6c4","\\xb0cfed3b6118bf42355e930b5dd904981e3e1285d36ca5dc64cf1a13880b559d","\\xb21b28a7b14b608b463ab30b66698156256ae1f62d4ef054e617a0ba330b710f","\\xb352810ad38f4fcee8646e75a657f8862e7fc17e07a66698efdc2c558b6036cc","\\xb565ed931e6ac2929859ac8c8ba6e2cf7ae07de0f8658c2dad99f5efe10919d2","\\xb76671e5f3e2fa5ca52644832b175892f02e436fe300e726d2556412639d39e9","\\xb9e773401e2548c017ef31be6029eb561c732060ba3a8d03ac3cdece19c55bad","\\xbe1f171d6eb10bd1934f53a631cca9f536a3c2cacbd59c45d7ed3238ba4230be","\\xc055b9192efc5498d727e241c4a8cb992bdf1b83e921197675362af7ed2267a1","\\xc395207d11201e9d160375117cbcf295ca3289366b3b93a0d4e0b592e354b419","\\xc5cd69aec5f6c1f36805c9ac5381a91cd8691de18451cb962dbc726af7d55078","\\xc82bc86b6547fc0ede25798530080e99e7445412c2954cd6bc0b4bc82a41e5c7","\\xc972bc3e0ab2f63a8af3cbefbb9a79e8f163e41c107373af5cd9e428029071af","\\xcab04462a51692187d3c9bbee0d9243887f466a48355f975343a570c0242d5c2","\\xcdae755273825cc3a5ee092654705a1c8bd6bc9a9c27bea25345c786c223b4c1","\\xd03b00e6a91681d87cf36d5a2d19edaaa0f92855d930382f52dc525d41b6ced4","\\xd1f73011dc423243afa9277e8af50cbdae84c8b0631785ca7d3dc02a4778d265","\\xd4dd82dded58089716962652f619bfa3a17e566eb4fd803f6cb68a2790b7c234","\\xd76aebe2ff48915ad09cbd4ad41b26e78cd7096e5232102975a4bdcbf4c5c2f5","\\xd9e41fda11d54507e917daf830460ef077ff296022b1cae7625bdab91cc432f7","\\xdd7a99f8470aac8cff522dd3bf36b2237d9710f386ecdb16ed3a9651a2b0d091","\\xdf6e79437c274fb7efeecb35f3a30014adab40782a374ff558f2823dda6376c4","\\xe24baf9c35c1079789880c1c5ae68d6330e70daa47011940e63ac757f0418862","\\xe4c1f7d556a7061fae9343065345cca186b98a6df658bdcc9cbcc019c81eb268","\\xe6e25c364e3062b266b5989af3a139f8ccc28fad93e5ecb3a9995dbfb9c52797","\\xe88eece16f2e8a8720398883faf51c4c5a1f1d86d72d8af200d064ddb19e9dce","\\xec02134742057b7c90d59a6684c8d20a2ad5d940f1d0b909803964f56b3d69de","\\xef608353b52f3477f3271a5bac1e8740d83bf7b8ef54bbe3f79e5a465f6a9450","\\xf1c552ea0dd7a2bf63561dbb1ba4b8542e3d1150088be56eab784832cd423cc2","\\xf47ae9b43c1ffb48fb5b5db0385d981a5af50f4013f5015fb9645516ad9fd5ac","\\xf685a21a4a766125fb93bd63a1fae72d1d91625c6ffe5a3f0e6acc35d6e2c7c9","\\xf819e92137a6824ff2058485d49468d7835d84d96ae02ca5dacb5975bd3fedff","\\xfa1b26a3cffb68a0b13a9da341fea86e21042fd0951aeb85d4d2b47dbee3e756","\\xfd1822169617fb3910fce754c323c9dddc94e096389c0f363f6e54a7a73e362e","\\xffecddf8f3600ac2d02e04ac4625d361200b53d8ccf11cf89ab2f66dcd50826c"}'::text,
	'correlation', '0.034700766'::real
);
SELECT * FROM pg_catalog.pg_restore_attribute_stats(
	'version', '180006'::integer,
	'schemaname', 'public',
	'relname', 'operations',
	'attname', 'result',
	'inherited', 'f'::boolean,
	'null_frac', '0.074533336'::real,
	'avg_width', '32'::integer,
	'n_distinct', '0'::real
);
SELECT * FROM pg_catalog.pg_restore_attribute_stats(
	'version', '180006'::integer,
	'schemaname', 'public',
	'relname', 'operations',
	'attname', 'retention_seconds',
	'inherited', 'f'::boolean,
	'null_frac', '0'::real,
	'avg_width', '8'::integer,
	'n_distinct', '1'::real,
	'most_common_vals', '{2592000}'::text,
	'most_common_freqs', '{1}'::real[],
	'correlation', '1'::real
);
SELECT * FROM pg_catalog.pg_restore_attribute_stats(
	'version', '180006'::integer,
	'schemaname', 'public',
	'relname', 'operations',
	'attname', 'retry_of',
	'inherited', 'f'::boolean,
	'null_frac', '1'::real,
	'avg_width', '16'::integer,
	'n_distinct', '0'::real
);
SELECT * FROM pg_catalog.pg_restore_attribute_stats(
	'version', '180006'::integer,
	'schemaname', 'public',
	'relname', 'operations',
	'attname', 'started_at',
	'inherited', 'f'::boolean,
	'null_frac', '0.008866667'::real,
	'avg_width', '8'::integer,
	'n_distinct', '-0.99113333'::real,
	'histogram_bounds', '{"2026-10-28 04:45:23.795178+00","2026-10-28 12:02:38.132202+00","2026-10-28 20:06:18.83121+00","2026-10-29 03:07:19.924074+00","2026-10-29 10:15:50.56305+00","2026-10-29 16:55:09.877482+00","2026-10-30 00:22:17.944938+00","2026-10-30 07:01:40.349034+00","2026-10-30 13:20:07.834602+00","2026-10-30 20:37:07.753194+00","2026-10-31 03:12:20.40945+00","2026-10-31 11:03:08.177514+00","2026-10-31 17:58:47.430378+00","2026-11-01 01:19:04.572522+00","2026-11-01 08:30:06.605034+00","2026-11-01 16:02:20.034282+00","2026-11-01 22:57:10.88241+00","2026-11-02 06:02:04.215018+00","2026-11-02 12:30:40.364394+00","2026-11-02 18:50:56.503146+00","2026-11-03 02:18:50.400618+00","2026-11-03 10:06:27.124458+00","2026-11-03 17:37:49.57425+00","2026-11-04 01:28:33.737706+00","2026-11-04 08:58:01.354986+00","2026-11-04 15:41:15.998826+00","2026-11-04 22:23:45.842538+00","2026-11-05 04:57:36.107754+00","2026-11-05 12:11:11.593578+00","2026-11-05 19:36:17.104362+00","2026-11-06 03:13:21.991914+00","2026-11-06 10:53:21.445482+00","2026-11-06 18:10:19.304298+00","2026-11-07 02:18:15.41553+00","2026-11-07 09:27:23.645418+00","2026-11-07 16:05:38.59185+00","2026-11-07 22:18:46.812138+00","2026-11-08 06:44:30.402282+00","2026-11-08 14:26:18.509034+00","2026-11-08 21:23:12.943722+00","2026-11-09 04:04:57.987306+00","2026-11-09 10:52:42.461802+00","2026-11-09 18:39:55.498218+00","2026-11-10 00:58:08.05041+00","2026-11-10 07:40:23.47569+00","2026-11-10 15:05:51.129066+00","2026-11-10 20:50:43.638762+00","2026-11-11 03:01:39.003498+00","2026-11-11 09:55:48.141162+00","2026-11-11 17:37:31.613418+00","2026-11-12 00:02:19.642602+00","2026-11-12 06:23:51.993066+00","2026-11-12 12:43:05.823594+00","2026-11-12 19:44:13.61073+00","2026-11-13 03:47:16.718826+00","2026-11-13 11:39:55.714794+00","2026-11-13 18:40:17.15697+00","2026-11-14 01:40:31.38993+00","2026-11-14 08:42:29.641578+00","2026-11-14 16:17:00.04593+00","2026-11-14 23:45:31.534314+00","2026-11-15 07:01:28.114794+00","2026-11-15 15:08:54.874218+00","2026-11-15 22:26:07.66641+00","2026-11-16 06:01:13.086954+00","2026-11-16 13:21:07.056618+00","2026-11-16 20:39:07.223658+00","2026-11-17 04:17:59.734506+00","2026-11-17 11:59:24.153834+00","2026-11-17 18:57:21.926634+00","2026-11-18 02:08:17.264874+00","2026-11-18 09:32:52.908906+00","2026-11-18 16:07:33.12369+00","2026-11-18 23:26:37.65873+00","2026-11-19 06:14:50.97009+00","2026-11-19 14:10:32.771178+00","2026-11-19 20:49:13.46481+00","2026-11-20 02:51:40.064874+00","2026-11-20 10:55:44.451306+00","2026-11-20 18:42:18.866922+00","2026-11-21 01:43:37.467882+00","2026-11-21 09:13:50.400234+00","2026-11-21 16:19:03.815658+00","2026-11-21 23:42:09.859434+00","2026-11-22 07:01:06.670314+00","2026-11-22 14:07:42.476778+00","2026-11-22 20:46:03.602538+00","2026-11-23 03:42:01.393386+00","2026-11-23 11:27:43.799658+00","2026-11-23 18:56:37.945578+00","2026-11-24 02:29:41.839338+00","2026-11-24 10:30:24.367722+00","2026-11-24 18:44:48.74673+00","2026-11-25 01:49:02.943594+00","2026-11-25 09:11:03.074538+00","2026-11-25 16:24:55.553514+00","2026-11-25 22:36:29.53905+00","2026-11-26 06:20:14.53809+00","2026-11-26 13:06:46.920426+00","2026-11-26 20:16:02.35953+00","2026-11-27 02:55:02.629942+00"}'::text,
	'correlation', '1'::real
);
SELECT * FROM pg_catalog.pg_restore_attribute_stats(
	'version', '180006'::integer,
	'schemaname', 'public',
	'relname', 'operations',
	'attname', 'status',
	'inherited', 'f'::boolean,
	'null_frac', '0'::real,
	'avg_width', '9'::integer,
	'n_distinct', '5'::real,
	'most_common_vals', '{succeeded,failed,canceled,pending,needs_attention}'::text,
	'most_common_freqs', '{0.94546664,0.029133333,0.0155,0.008866667,0.0010333334}'::real[],
	'correlation', '0.89708054'::real
);
SELECT * FROM pg_catalog.pg_restore_attribute_stats(
	'version', '180006'::integer,
	'schemaname', 'public',
	'relname', 'operations',
	'attname', 'steps',
	'inherited', 'f'::boolean,
	'null_frac', '0'::real,
	'avg_width', '103'::integer,
	'n_distinct', '0'::real
);
SELECT * FROM pg_catalog.pg_restore_attribute_stats(
	'version', '180006'::integer,
	'schemaname', 'public',
	'relname', 'operations',
	'attname', 'tenant',
	'inherited', 'f'::boolean,
	'null_frac', '0'::real,
	'avg_width', '12'::integer,
	'n_distinct', '1000'::real,
	'most_common_vals', '{tenant-0000,tenant-0001,tenant-0002,tenant-0003,tenant-0004,tenant-0005,tenant-0006,tenant-0007,tenant-0008,tenant-0009,tenant-0010,tenant-0011,tenant-0012,tenant-0013,tenant-0015,tenant-0014,tenant-0018,tenant-0017,tenant-0020,tenant-0027,tenant-0021,tenant-0016,tenant-0019,tenant-0022,tenant-0024,tenant-0023,tenant-0030,tenant-0028,tenant-0032,tenant-0025,tenant-0033,tenant-0036,tenant-0026,tenant-0029,tenant-0031,tenant-0034,tenant-0049,tenant-0035,tenant-0037,tenant-0038,tenant-0044,tenant-0040,tenant-0043,tenant-0048,tenant-0039,tenant-0059,tenant-0042,tenant-0041,tenant-0046,tenant-0050,tenant-0051,tenant-0064,tenant-0045,tenant-0061,tenant-0053,tenant-0055,tenant-0052,tenant-0060,tenant-0062,tenant-0058,tenant-0070,tenant-0079,tenant-0054,tenant-0072,tenant-0047,tenant-0056,tenant-0063,tenant-0066,tenant-0076,tenant-0083,tenant-0092,tenant-0078,tenant-0071,tenant-0057,tenant-0088,tenant-0068,tenant-0089,tenant-0095,tenant-0065,tenant-0081,tenant-0069,tenant-0099,tenant-0074,tenant-0085,tenant-0123,tenant-0102,tenant-0122,tenant-0086,tenant-0101,tenant-0116,tenant-0082,tenant-0087,tenant-0090,tenant-0093,tenant-0131,tenant-0073,tenant-0075,tenant-0077,tenant-0117,tenant-0142}'::text,
	'most_common_freqs', '{0.10586666,0.0249,0.0174,0.0151,0.013366667,0.0109,0.009433334,0.009366667,0.007766667,0.0075333333,0.0064333333,0.0064333333,0.006233333,0.005433333,0.0053,0.0051,0.0051,0.0049,0.0046333335,0.004466667,0.0044,0.0043666665,0.0043,0.0043,0.0039666668,0.0038333333,0.0037333334,0.0036333334,0.0036,0.0035,0.0035,0.0034333332,0.0034,0.0033666666,0.0033666666,0.0033333334,0.0032333334,0.0031,0.0029333334,0.0028,0.0028,0.0027666667,0.0027,0.0027,0.0026666666,0.0026666666,0.0025666666,0.0025333334,0.0025333334,0.0024666667,0.0024666667,0.0024333333,0.0024,0.0024,0.0023666667,0.0023,0.0022,0.0022,0.0022,0.0021333334,0.0021333334,0.0021333334,0.0020333333,0.0020333333,0.002,0.002,0.002,0.002,0.0019666667,0.0019666667,0.0019666667,0.0019333333,0.0018666667,0.0018333333,0.0018333333,0.0018,0.0018,0.0018,0.0017666667,0.0017666667,0.0017333333,0.0017333333,0.0017,0.0017,0.0016666667,0.0016333334,0.0016333334,0.0016,0.0016,0.0016,0.0015666666,0.0015666666,0.0015666666,0.0015666666,0.0015666666,0.0015333333,0.0015333333,0.0015333333,0.0015,0.0015}'::real[],
	'histogram_bounds', '{tenant-0067,tenant-0091,tenant-0098,tenant-0106,tenant-0110,tenant-0114,tenant-0121,tenant-0126,tenant-0132,tenant-0136,tenant-0141,tenant-0146,tenant-0150,tenant-0155,tenant-0159,tenant-0164,tenant-0169,tenant-0174,tenant-0179,tenant-0185,tenant-0190,tenant-0195,tenant-0200,tenant-0206,tenant-0211,tenant-0217,tenant-0223,tenant-0230,tenant-0237,tenant-0242,tenant-0249,tenant-0256,tenant-0262,tenant-0268,tenant-0275,tenant-0281,tenant-0289,tenant-0295,tenant-0303,tenant-0310,tenant-0318,tenant-0326,tenant-0334,tenant-0342,tenant-0350,tenant-0357,tenant-0365,tenant-0373,tenant-0382,tenant-0390,tenant-0398,tenant-0406,tenant-0415,tenant-0423,tenant-0431,tenant-0441,tenant-0450,tenant-0459,tenant-0469,tenant-0478,tenant-0488,tenant-0497,tenant-0509,tenant-0518,tenant-0528,tenant-0538,tenant-0548,tenant-0559,tenant-0569,tenant-0581,tenant-0593,tenant-0603,tenant-0615,tenant-0627,tenant-0638,tenant-0651,tenant-0662,tenant-0674,tenant-0687,tenant-0701,tenant-0712,tenant-0726,tenant-0738,tenant-0750,tenant-0764,tenant-0777,tenant-0792,tenant-0808,tenant-0821,tenant-0834,tenant-0849,tenant-0865,tenant-0880,tenant-0894,tenant-0909,tenant-0924,tenant-0940,tenant-0956,tenant-0971,tenant-0984,tenant-0999}'::text,
	'correlation', '-0.0011992117'::real
);
SELECT * FROM pg_catalog.pg_restore_attribute_stats(
	'version', '180006'::integer,
	'schemaname', 'public',
	'relname', 'operations',
	'attname', 'tombstone_until',
	'inherited', 'f'::boolean,
	'null_frac', '0.98'::real,
	'avg_width', '8'::integer,
	'n_distinct', '-0.01999998'::real,
	'histogram_bounds', '{"2026-11-27 03:14:08.814225+00","2026-11-27 05:24:35.445738+00","2026-11-27 15:21:41.815973+00","2026-11-27 19:11:04.653044+00","2026-11-27 22:21:36.317217+00","2026-11-28 03:49:25.808992+00","2026-11-28 12:34:52.650028+00","2026-11-28 17:09:57.892554+00","2026-11-28 22:33:33.588502+00","2026-11-29 02:10:17.514745+00","2026-11-29 14:40:32.659782+00","2026-11-29 22:17:34.478144+00","2026-11-30 03:46:03.774053+00","2026-11-30 09:09:29.037627+00","2026-11-30 13:06:26.227251+00","2026-11-30 19:25:40.589982+00","2026-12-01 01:14:26.256898+00","2026-12-01 09:26:04.768354+00","2026-12-01 17:15:35.348952+00","2026-12-01 22:55:11.624963+00","2026-12-02 05:43:26.827957+00","2026-12-02 11:56:20.988319+00","2026-12-02 22:40:50.860949+00","2026-12-03 05:40:22.279634+00","2026-12-03 16:39:17.980577+00","2026-12-03 23:08:10.603755+00","2026-12-04 03:57:25.569762+00","2026-12-04 11:24:53.106974+00","2026-12-04 18:06:14.927935+00","2026-12-05 02:57:48.248743+00","2026-12-05 17:55:35.657503+00","2026-12-06 03:37:30.360475+00","2026-12-06 10:18:02.800438+00","2026-12-06 19:39:05.59747+00","2026-12-07 02:50:46.988943+00","2026-12-07 15:25:13.067904+00","2026-12-08 05:50:44.445427+00","2026-12-08 11:40:04.856997+00","2026-12-09 01:51:25.72871+00","2026-12-09 07:46:00.053365+00","2026-12-09 16:40:58.863144+00","2026-12-09 23:47:50.197658+00","2026-12-10 06:49:07.679739+00","2026-12-10 14:46:56.824718+00","2026-12-10 19:27:37.027192+00","2026-12-11 02:29:26.780945+00","2026-12-11 07:11:55.651339+00","2026-12-11 14:37:56.413671+00","2026-12-11 23:28:14.480059+00","2026-12-12 06:05:55.381837+00","2026-12-12 11:56:58.266314+00","2026-12-12 21:55:40.123008+00","2026-12-13 07:39:21.93137+00","2026-12-13 11:36:15.659745+00","2026-12-13 17:50:19.610178+00","2026-12-13 23:25:30.677588+00","2026-12-14 04:54:20.623177+00","2026-12-14 09:00:53.23154+00","2026-12-14 16:50:09.18097+00","2026-12-14 19:44:30.872545+00","2026-12-15 03:11:41.709065+00","2026-12-15 10:36:51.966692+00","2026-12-15 16:53:31.075459+00","2026-12-16 04:28:14.533759+00","2026-12-16 14:51:09.187716+00","2026-12-16 21:48:43.189209+00","2026-12-17 03:18:33.560796+00","2026-12-17 06:23:06.898508+00","2026-12-17 12:37:22.493333+00","2026-12-18 00:12:52.359563+00","2026-12-18 04:53:40.615371+00","2026-12-18 12:17:02.473889+00","2026-12-18 14:20:03.755068+00","2026-12-18 17:40:18.58619+00","2026-12-19 05:11:38.84676+00","2026-12-19 16:03:03.82976+00","2026-12-19 20:37:39.301466+00","2026-12-19 23:34:23.439237+00","2026-12-20 08:33:09.114269+00","2026-12-20 13:27:01.870428+00","2026-12-20 22:10:08.898108+00","2026-12-21 09:15:58.832607+00","2026-12-21 13:14:43.311195+00","2026-12-21 19:53:19.33021+00","2026-12-22 04:40:09.620222+00","2026-12-22 13:16:43.60704+00","2026-12-22 16:55:04.708376+00","2026-12-22 23:18:30.356575+00","2026-12-23 02:43:39.352755+00","2026-12-23 06:24:12.284286+00","2026-12-23 14:31:30.5556+00","2026-12-24 02:30:17.594664+00","2026-12-24 13:40:54.241317+00","2026-12-24 20:35:58.18457+00","2026-12-25 05:03:52.610042+00","2026-12-25 16:53:39.57086+00","2026-12-25 20:54:09.955992+00","2026-12-26 09:39:08.477543+00","2026-12-26 14:28:11.594865+00","2026-12-26 23:20:52.380024+00","2026-12-27 02:31:06.200329+00"}'::text,
	'correlation', '0.005391015'::real
);
SELECT * FROM pg_catalog.pg_restore_attribute_stats(
	'version', '180006'::integer,
	'schemaname', 'public',
	'relname', 'operations',
	'attname', 'traceparent',
	'inherited', 'f'::boolean,
	'null_frac', '1'::real,
	'avg_width', '0'::integer,
	'n_distinct', '0'::real
);
SELECT * FROM pg_catalog.pg_restore_attribute_stats(
	'version', '180006'::integer,
	'schemaname', 'public',
	'relname', 'operations',
	'attname', 'type',
	'inherited', 'f'::boolean,
	'null_frac', '0'::real,
	'avg_width', '9'::integer,
	'n_distinct', '5'::real,
	'most_common_vals', '{external,local,place-order,transfer-funds,waiting}'::text,
	'most_common_freqs', '{0.49876666,0.2015,0.19443333,0.096433334,0.008866667}'::real[],
	'correlation', '0.3177098'::real
);
SELECT * FROM pg_catalog.pg_restore_attribute_stats(
	'version', '180006'::integer,
	'schemaname', 'public',
	'relname', 'operations',
	'attname', 'updated_at',
	'inherited', 'f'::boolean,
	'null_frac', '0'::real,
	'avg_width', '8'::integer,
	'n_distinct', '-1'::real,
	'histogram_bounds', '{"2026-10-28 04:45:24.916629+00","2026-10-28 11:58:35.15269+00","2026-10-28 19:55:46.238604+00","2026-10-29 03:00:59.971243+00","2026-10-29 10:09:58.12986+00","2026-10-29 16:40:09.36315+00","2026-10-29 23:59:48.990609+00","2026-10-30 06:44:34.673437+00","2026-10-30 13:08:54.160569+00","2026-10-30 20:19:57.470344+00","2026-10-31 02:54:29.322551+00","2026-10-31 10:56:08.352225+00","2026-10-31 17:45:19.239845+00","2026-11-01 00:52:06.461347+00","2026-11-01 08:21:56.545333+00","2026-11-01 15:33:53.777889+00","2026-11-01 22:40:25.556319+00","2026-11-02 05:30:54.233463+00","2026-11-02 12:02:13.774208+00","2026-11-02 18:36:18.858943+00","2026-11-03 01:58:28.260782+00","2026-11-03 09:57:54.230234+00","2026-11-03 17:24:54.933796+00","2026-11-04 01:18:21.773177+00","2026-11-04 08:49:54.552788+00","2026-11-04 15:34:39.500799+00","2026-11-04 22:17:01.729317+00","2026-11-05 04:54:18.224089+00","2026-11-05 12:10:55.692111+00","2026-11-05 19:24:53.747847+00","2026-11-06 03:07:20.040097+00","2026-11-06 10:51:42.630624+00","2026-11-06 18:04:40.770551+00","2026-11-07 02:11:28.781233+00","2026-11-07 09:23:18.828053+00","2026-11-07 16:01:06.966624+00","2026-11-07 22:04:46.722165+00","2026-11-08 06:34:19.601697+00","2026-11-08 14:14:50.212996+00","2026-11-08 21:06:58.059947+00","2026-11-09 03:48:01.649135+00","2026-11-09 10:35:44.362757+00","2026-11-09 18:32:23.076753+00","2026-11-10 00:45:09.606508+00","2026-11-10 07:26:36.588201+00","2026-11-10 14:58:26.598802+00","2026-11-10 20:40:19.550214+00","2026-11-11 02:52:56.846899+00","2026-11-11 09:45:09.802016+00","2026-11-11 17:29:36.838397+00","2026-11-11 23:50:20.167355+00","2026-11-12 06:19:27.605902+00","2026-11-12 12:37:44.773052+00","2026-11-12 19:37:24.011637+00","2026-11-13 03:42:19.945708+00","2026-11-13 11:32:45.405353+00","2026-11-13 18:33:20.934706+00","2026-11-14 01:24:48.450912+00","2026-11-14 08:27:48.039388+00","2026-11-14 16:05:21.638692+00","2026-11-14 23:18:45.453168+00","2026-11-15 06:52:16.635828+00","2026-11-15 14:46:40.12937+00","2026-11-15 22:15:33.658414+00","2026-11-16 05:49:41.207462+00","2026-11-16 13:02:26.614275+00","2026-11-16 20:32:57.996747+00","2026-11-17 03:56:13.21805+00","2026-11-17 11:51:29.262182+00","2026-11-17 18:48:34.332253+00","2026-11-18 01:58:42.380813+00","2026-11-18 09:27:18.809122+00","2026-11-18 15:56:20.618227+00","2026-11-18 23:15:12.687489+00","2026-11-19 06:03:45.682874+00","2026-11-19 13:47:56.953188+00","2026-11-19 20:48:01.657775+00","2026-11-20 02:43:24.781274+00","2026-11-20 10:52:21.035176+00","2026-11-20 18:32:59.880939+00","2026-11-21 01:40:57.097149+00","2026-11-21 08:58:54.42229+00","2026-11-21 16:12:25.039068+00","2026-11-21 23:29:26.52829+00","2026-11-22 06:55:55.641972+00","2026-11-22 13:48:41.848829+00","2026-11-22 20:42:14.975044+00","2026-11-23 03:40:13.297564+00","2026-11-23 11:24:24.86926+00","2026-11-23 18:38:21.732491+00","2026-11-24 02:19:05.571094+00","2026-11-24 10:21:46.863319+00","2026-11-24 18:36:00.560832+00","2026-11-25 01:41:36.916763+00","2026-11-25 08:42:22.424281+00","2026-11-25 16:22:10.688327+00","2026-11-25 22:33:45.8719+00","2026-11-26 06:19:56.56068+00","2026-11-26 13:03:44.069848+00","2026-11-26 20:12:04.985569+00","2026-11-27 02:55:03.118914+00"}'::text,
	'correlation', '1'::real
);
SELECT * FROM pg_catalog.pg_restore_attribute_stats(
	'version', '180006'::integer,
	'schemaname', 'public',
	'relname', 'operations',
	'attname', 'version',
	'inherited', 'f'::boolean,
	'null_frac', '0'::real,
	'avg_width', '8'::integer,
	'n_distinct', '1'::real,
	'most_common_vals', '{7}'::text,
	'most_common_freqs', '{1}'::real[],
	'correlation', '1'::real
);
SELECT * FROM pg_catalog.pg_restore_attribute_stats(
	'version', '180006'::integer,
	'schemaname', 'public',
	'relname', 'operations',
	'attname', 'waits_for_room',
	'inherited', 'f'::boolean,
	'null_frac', '0'::real,
	'avg_width', '1'::integer,
	'n_distinct', '1'::real,
	'most_common_vals', '{f}'::text,
	'most_common_freqs', '{1}'::real[],
	'correlation', '1'::real
);
SELECT * FROM pg_catalog.pg_restore_relation_stats(
	'version', '180006'::integer,
	'schemaname', 'public',
	'relname', 'webhooks',
	'relpages', '4953'::integer,
	'reltuples', '242693'::real,
	'relallvisible', '4953'::integer,
	'relallfrozen', '0'::integer
);
SELECT * FROM pg_catalog.pg_restore_attribute_stats(
	'version', '180006'::integer,
	'schemaname', 'public',
	'relname', 'webhooks',
	'attname', 'answer_status',
	'inherited', 'f'::boolean,
	'null_frac', '1'::real,
	'avg_width', '4'::integer,
	'n_distinct', '0'::real
);
SELECT * FROM pg_catalog.pg_restore_attribute_stats(
	'version', '180006'::integer,
	'schemaname', 'public',
	'relname', 'webhooks',
	'attname', 'attempts',
	'inherited', 'f'::boolean,
	'null_frac', '0'::real,
	'avg_width', '4'::integer,
	'n_distinct', '1'::real,
	'most_common_vals', '{1}'::text,
	'most_common_freqs', '{1}'::real[],
	'correlation', '1'::real
);
SELECT * FROM pg_catalog.pg_restore_attribute_stats(
	'version', '180006'::integer,
	'schemaname', 'public',
	'relname', 'webhooks',
	'attname', 'created_at',
	'inherited', 'f'::boolean,
	'null_frac', '0'::real,
	'avg_width', '8'::integer,
	'n_distinct', '-1'::real,
	'histogram_bounds', '{"2026-10-28 04:45:36.70983+00","2026-10-28 11:31:20.716194+00","2026-10-28 18:49:54.345845+00","2026-10-29 02:03:28.106384+00","2026-10-29 09:56:10.048113+00","2026-10-29 16:05:03.574007+00","2026-10-29 22:50:23.591346+00","2026-10-30 05:46:08.587788+00","2026-10-30 13:29:02.617625+00","2026-10-30 20:22:39.534283+00","2026-10-31 03:19:21.168355+00","2026-10-31 11:15:20.733544+00","2026-10-31 18:50:50.184593+00","2026-11-01 01:48:53.709932+00","2026-11-01 08:47:17.1473+00","2026-11-01 15:18:33.641591+00","2026-11-01 22:29:46.883678+00","2026-11-02 05:47:15.245232+00","2026-11-02 12:55:37.762936+00","2026-11-02 20:00:02.754075+00","2026-11-03 02:45:17.160561+00","2026-11-03 10:03:18.236182+00","2026-11-03 17:56:27.976879+00","2026-11-04 00:47:14.617728+00","2026-11-04 07:54:06.915783+00","2026-11-04 15:18:59.581679+00","2026-11-04 23:05:25.897713+00","2026-11-05 06:10:47.964597+00","2026-11-05 13:06:11.87998+00","2026-11-05 19:28:09.249065+00","2026-11-06 03:10:43.049312+00","2026-11-06 09:48:15.228786+00","2026-11-06 16:05:35.373239+00","2026-11-06 23:09:04.816418+00","2026-11-07 06:53:19.010756+00","2026-11-07 14:07:58.537981+00","2026-11-07 21:55:54.566546+00","2026-11-08 04:39:48.814473+00","2026-11-08 11:50:38.176227+00","2026-11-08 19:29:56.596237+00","2026-11-09 01:48:24.926205+00","2026-11-09 09:27:35.312029+00","2026-11-09 16:05:57.527954+00","2026-11-09 22:49:17.721634+00","2026-11-10 05:36:46.694082+00","2026-11-10 12:27:17.750189+00","2026-11-10 20:10:41.55798+00","2026-11-11 03:19:48.680907+00","2026-11-11 10:10:06.359018+00","2026-11-11 16:41:21.069104+00","2026-11-12 00:16:59.5032+00","2026-11-12 08:08:54.67979+00","2026-11-12 14:44:20.729472+00","2026-11-12 21:49:30.529855+00","2026-11-13 04:57:28.118123+00","2026-11-13 12:23:18.513212+00","2026-11-13 19:48:38.395195+00","2026-11-14 02:56:45.350754+00","2026-11-14 09:40:04.079341+00","2026-11-14 17:14:20.803273+00","2026-11-15 00:11:36.487392+00","2026-11-15 07:26:13.785332+00","2026-11-15 14:41:46.728601+00","2026-11-15 21:36:53.718018+00","2026-11-16 04:48:54.270287+00","2026-11-16 11:47:54.795643+00","2026-11-16 18:32:01.289119+00","2026-11-17 01:31:45.927604+00","2026-11-17 09:07:46.695597+00","2026-11-17 16:17:24.145996+00","2026-11-17 23:19:40.85289+00","2026-11-18 06:31:26.17273+00","2026-11-18 13:37:54.312727+00","2026-11-18 20:55:53.32143+00","2026-11-19 04:22:22.19877+00","2026-11-19 11:01:29.125166+00","2026-11-19 17:51:33.77308+00","2026-11-20 01:27:04.505205+00","2026-11-20 08:27:05.632071+00","2026-11-20 16:20:05.011509+00","2026-11-20 23:45:57.02511+00","2026-11-21 06:19:43.789722+00","2026-11-21 13:30:44.503894+00","2026-11-21 20:41:53.289104+00","2026-11-22 04:00:12.747663+00","2026-11-22 11:06:35.423988+00","2026-11-22 18:22:14.567671+00","2026-11-23 01:54:05.670455+00","2026-11-23 09:09:41.065143+00","2026-11-23 16:31:19.462447+00","2026-11-23 23:47:30.777566+00","2026-11-24 07:04:43.222939+00","2026-11-24 13:51:50.619211+00","2026-11-24 20:42:34.861333+00","2026-11-25 03:42:30.700913+00","2026-11-25 11:13:51.966864+00","2026-11-25 19:12:48.401002+00","2026-11-26 02:10:42.946784+00","2026-11-26 09:21:14.083369+00","2026-11-26 16:58:17.726535+00","2026-11-26 23:55:22.175322+00"}'::text,
	'correlation', '1'::real
);
SELECT * FROM pg_catalog.pg_restore_attribute_stats(
	'version', '180006'::integer,
	'schemaname', 'public',
	'relname', 'webhooks',
	'attname', 'dead_at',
	'inherited', 'f'::boolean,
	'null_frac', '0.96203333'::real,
	'avg_width', '8'::integer,
	'n_distinct', '-0.03796667'::real,
	'histogram_bounds', '{"2026-10-29 05:20:56.957745+00","2026-10-29 11:40:43.225397+00","2026-10-29 22:20:24.850995+00","2026-10-30 07:19:38.592662+00","2026-10-30 11:15:19.94082+00","2026-10-30 15:39:47.849346+00","2026-10-30 21:56:45.609424+00","2026-10-31 01:03:03.504971+00","2026-10-31 10:43:44.995803+00","2026-10-31 18:49:32.026865+00","2026-10-31 23:37:32.737503+00","2026-11-01 08:20:10.977264+00","2026-11-01 16:56:30.859715+00","2026-11-02 02:23:58.781884+00","2026-11-02 09:00:05.655881+00","2026-11-02 10:47:37.864864+00","2026-11-02 19:11:20.020417+00","2026-11-03 03:23:17.24657+00","2026-11-03 08:06:28.073688+00","2026-11-03 16:38:05.315821+00","2026-11-03 20:54:30.861797+00","2026-11-04 02:54:57.460093+00","2026-11-04 07:35:13.357951+00","2026-11-04 13:15:01.137895+00","2026-11-04 23:12:21.357752+00","2026-11-05 09:04:30.724397+00","2026-11-05 15:55:12.304849+00","2026-11-06 03:27:30.036284+00","2026-11-06 07:11:52.153714+00","2026-11-06 16:46:03.87372+00","2026-11-06 22:18:27.091903+00","2026-11-07 04:56:55.152074+00","2026-11-07 14:42:35.308367+00","2026-11-07 20:40:58.620338+00","2026-11-08 03:50:09.216588+00","2026-11-08 10:55:35.362677+00","2026-11-08 16:26:43.631509+00","2026-11-09 00:45:59.526342+00","2026-11-09 03:49:33.03556+00","2026-11-09 09:40:22.133468+00","2026-11-09 17:06:49.908896+00","2026-11-10 01:13:34.826049+00","2026-11-10 10:39:51.295449+00","2026-11-10 16:24:33.620576+00","2026-11-10 20:37:36.951618+00","2026-11-11 03:40:16.205436+00","2026-11-11 08:41:42.493289+00","2026-11-11 17:11:28.933307+00","2026-11-12 02:45:10.366794+00","2026-11-12 08:50:31.450625+00","2026-11-12 13:44:18.945204+00","2026-11-12 22:11:31.955172+00","2026-11-13 02:44:11.196966+00","2026-11-13 08:26:10.666019+00","2026-11-13 13:44:51.335392+00","2026-11-13 19:11:08.251082+00","2026-11-14 04:12:18.883404+00","2026-11-14 10:20:21.941693+00","2026-11-14 18:28:32.06302+00","2026-11-15 04:52:08.588943+00","2026-11-15 11:41:13.103687+00","2026-11-15 20:08:17.037002+00","2026-11-15 23:41:21.633399+00","2026-11-16 09:56:09.65962+00","2026-11-16 19:54:20.690806+00","2026-11-17 02:30:52.956807+00","2026-11-17 10:21:00.128888+00","2026-11-17 15:56:27.027081+00","2026-11-17 22:33:02.292011+00","2026-11-18 04:43:00.602953+00","2026-11-18 12:13:44.209182+00","2026-11-18 16:25:49.987804+00","2026-11-18 21:38:38.092299+00","2026-11-19 03:59:38.570549+00","2026-11-19 14:43:55.503335+00","2026-11-19 21:16:51.718664+00","2026-11-20 03:24:31.278516+00","2026-11-20 11:52:58.793219+00","2026-11-20 19:30:46.909477+00","2026-11-21 01:23:05.117719+00","2026-11-21 10:31:10.773845+00","2026-11-21 18:37:59.17093+00","2026-11-22 02:57:18.622406+00","2026-11-22 06:16:55.059717+00","2026-11-22 14:41:20.744956+00","2026-11-22 21:37:14.394316+00","2026-11-23 05:57:51.48563+00","2026-11-23 15:24:34.478688+00","2026-11-24 00:29:04.336263+00","2026-11-24 11:40:32.651779+00","2026-11-24 17:27:05.27271+00","2026-11-25 02:21:06.091226+00","2026-11-25 07:38:50.817601+00","2026-11-25 12:58:11.299945+00","2026-11-25 20:25:52.469317+00","2026-11-26 04:26:07.593798+00","2026-11-26 13:33:25.4611+00","2026-11-26 20:09:12.931847+00","2026-11-27 03:50:49.496799+00","2026-11-27 15:30:22.791963+00","2026-11-27 23:15:45.44449+00"}'::text,
	'correlation', '1'::real
);
SELECT * FROM pg_catalog.pg_restore_attribute_stats(
	'version', '180006'::integer,
	'schemaname', 'public',
	'relname', 'webhooks',
	'attname', 'delivered_at',
	'inherited', 'f'::boolean,
	'null_frac', '0.047466666'::real,
	'avg_width', '8'::integer,
	'n_distinct', '-0.95253336'::real,
	'histogram_bounds', '{"2026-10-28 04:45:36.70983+00","2026-10-28 11:26:25.238658+00","2026-10-28 18:37:11.594912+00","2026-10-29 01:46:08.931579+00","2026-10-29 09:40:29.514157+00","2026-10-29 15:53:17.859736+00","2026-10-29 22:41:26.598736+00","2026-10-30 05:38:03.496941+00","2026-10-30 13:25:19.168421+00","2026-10-30 20:16:06.938473+00","2026-10-31 03:15:53.749256+00","2026-10-31 11:08:52.800405+00","2026-10-31 18:34:53.894475+00","2026-11-01 01:35:55.237735+00","2026-11-01 08:32:22.148246+00","2026-11-01 15:16:12.18508+00","2026-11-01 22:25:28.105439+00","2026-11-02 05:34:59.971258+00","2026-11-02 12:54:45.904414+00","2026-11-02 20:00:43.121708+00","2026-11-03 02:54:02.756829+00","2026-11-03 10:21:50.09738+00","2026-11-03 18:12:23.182491+00","2026-11-04 00:55:11.255875+00","2026-11-04 08:11:12.341166+00","2026-11-04 15:23:19.909575+00","2026-11-04 23:07:23.346824+00","2026-11-05 06:09:42.747028+00","2026-11-05 13:02:19.991839+00","2026-11-05 19:23:39.867415+00","2026-11-06 03:08:04.979076+00","2026-11-06 09:41:30.851569+00","2026-11-06 16:03:38.423127+00","2026-11-06 23:05:56.381894+00","2026-11-07 06:48:10.427944+00","2026-11-07 13:51:06.745713+00","2026-11-07 21:52:05.703254+00","2026-11-08 04:36:57.62804+00","2026-11-08 11:52:49.453348+00","2026-11-08 19:29:56.596237+00","2026-11-09 01:46:03.952565+00","2026-11-09 09:21:57.103069+00","2026-11-09 16:03:17.841535+00","2026-11-09 22:49:17.721634+00","2026-11-10 05:38:58.222879+00","2026-11-10 12:30:10.230339+00","2026-11-10 20:10:19.110578+00","2026-11-11 03:19:10.517329+00","2026-11-11 10:09:29.097586+00","2026-11-11 16:41:21.069104+00","2026-11-12 00:13:57.723215+00","2026-11-12 08:20:01.292238+00","2026-11-12 15:09:46.252739+00","2026-11-12 22:06:55.232315+00","2026-11-13 05:09:12.555396+00","2026-11-13 12:45:30.556843+00","2026-11-13 19:58:51.509201+00","2026-11-14 02:57:15.139084+00","2026-11-14 09:43:36.469848+00","2026-11-14 17:19:03.305555+00","2026-11-15 00:29:08.367723+00","2026-11-15 07:30:45.661796+00","2026-11-15 14:44:43.770078+00","2026-11-15 21:47:13.961648+00","2026-11-16 04:59:32.61617+00","2026-11-16 11:57:29.984688+00","2026-11-16 18:48:39.633622+00","2026-11-17 01:39:17.000087+00","2026-11-17 09:19:17.351528+00","2026-11-17 16:59:43.928725+00","2026-11-18 00:04:12.484396+00","2026-11-18 07:08:36.492958+00","2026-11-18 14:17:16.675615+00","2026-11-18 21:22:33.141865+00","2026-11-19 04:57:58.602756+00","2026-11-19 11:25:01.461868+00","2026-11-19 18:38:56.678023+00","2026-11-20 02:02:01.676961+00","2026-11-20 09:04:44.3404+00","2026-11-20 17:21:51.896789+00","2026-11-21 00:20:58.101222+00","2026-11-21 07:11:34.936706+00","2026-11-21 14:17:30.095579+00","2026-11-21 21:21:13.826691+00","2026-11-22 04:40:39.087814+00","2026-11-22 11:44:46.791297+00","2026-11-22 19:10:03.278549+00","2026-11-23 02:40:07.95047+00","2026-11-23 09:43:40.853785+00","2026-11-23 16:59:52.992341+00","2026-11-24 00:00:39.247735+00","2026-11-24 07:21:21.278505+00","2026-11-24 14:23:39.77227+00","2026-11-24 21:02:48.91957+00","2026-11-25 04:06:19.705839+00","2026-11-25 11:31:28.22503+00","2026-11-25 19:19:07.93813+00","2026-11-26 02:21:11.172981+00","2026-11-26 09:38:51.823385+00","2026-11-26 16:59:19.21739+00","2026-11-26 23:55:22.175322+00"}'::text,
	'correlation', '1'::real
);
SELECT * FROM pg_catalog.pg_restore_attribute_stats(
	'version', '180006'::integer,
	'schemaname', 'public',
	'relname', 'webhooks',
	'attname', 'endpoint_id',
	'inherited', 'f'::boolean,
	'null_frac', '1'::real,
	'avg_width', '16'::integer,
	'n_distinct', '0'::real
);
SELECT * FROM pg_catalog.pg_restore_attribute_stats(
	'version', '180006'::integer,
	'schemaname', 'public',
	'relname', 'webhooks',
	'attname', 'failure',
	'inherited', 'f'::boolean,
	'null_frac', '1'::real,
	'avg_width', '0'::integer,
	'n_distinct', '0'::real
);
SELECT * FROM pg_catalog.pg_restore_attribute_stats(
	'version', '180006'::integer,
	'schemaname', 'public',
	'relname', 'webhooks',
	'attname', 'id',
	'inherited', 'f'::boolean,
	'null_frac', '0'::real,
	'avg_width', '16'::integer,
	'n_distinct', '-1'::real,
	'histogram_bounds', '{000068da-f443-4b81-908e-1a3f1bd8c989,02b3263d-3cd7-4bb8-b144-77f51f58c7ca,05602cba-0545-4cda-add8-cf47627cab5e,07c527cc-095f-4b4d-a7ed-3cd267f33a00,0a203bfd-d8f4-4ebf-bdbc-f4d94963a5cb,0c7b1c59-30c7-44f9-ab5f-f97b5bc491ed,0f067b58-5112-4086-a640-1b19f73e8e70,11b6b8e0-16a4-4dc2-aa94-3d4614387275,14544bc3-41da-4c95-8989-c72a64024c49,17249558-44f0-4b4a-92a2-b3d7fdca03ff,1993fdf5-a109-4d81-bca0-b65607e0d329,1c647833-fcde-491c-ae93-ed899f4d8db4,1eeec3eb-ef40-4392-b132-39414518343f,21980f06-7ac8-442e-80b4-d3bb76b783cd,2451a4d0-9664-4e33-af4e-f17d8f90d9b0,26c485d3-ce87-4f0f-9a33-fc8db5a40430,28fa2a27-8967-49da-b84f-9bdde5890a3a,2b860bd3-94b5-4b45-baa4-58052dc0fe89,2de06fe1-e4cd-46b5-ae3b-371c09d8cd7e,300738c8-09c2-4947-ad37-bad75f3365fb,328121d8-5dcf-433d-ad78-f99db0614c74,351ea69b-abb6-4d6e-a7d1-1dacc4b8145e,37ac7d3e-4166-4fad-be41-2d965f94c5d2,3a55c781-182f-4811-b2b8-45bae183e434,3ce8116f-77dd-4a23-b14a-2c25e34adf68,3fa564c2-dbea-4877-b945-0cd8966d2315,424f3787-66af-4db2-bd1b-42a871e36402,44f424d3-884c-4407-a3a2-4637f1cba1ce,47872188-55a0-48e7-8375-cfb88fcd805f,4a074b74-9016-44a9-bdb5-d85bc65df601,4c8224be-54b0-4944-8696-df5694234639,4f3f4050-3098-47e6-8c75-a766b66a2584,51fa0e48-0ba3-400e-aecc-2a3cf2eb3ec7,547d22c3-51ea-4d89-9954-71008df6a838,56a5d540-8742-4c34-8f4d-ee7f89c6e7dc,59128073-0714-4075-aa41-d35dca72fb15,5b79b844-3538-4223-a9d5-f6c8899e4d84,5e07b81e-f073-4760-947c-e16a2204f6d3,60a90a27-cf5c-4dce-b662-1c51d2c117d4,632df067-046c-429e-a4c9-d3138ae1a1f4,6590ceed-1013-4739-ab98-478ece551b3f,681649ba-e67c-488e-8d47-d200b9a0689a,6a8d9ffa-b1fe-46c2-9e4e-a1c4fefeab1a,6d08772e-aaae-4a9e-8f10-27ea5f2e7d4e,6f6804dd-a470-4de9-b3c7-0992c402c11e,72047663-05e2-4654-ae84-6e929e62b122,749fe77b-32cb-431e-a1f2-675ac76e6704,77315f10-b999-4e82-893e-fdf3bdd9134c,79af7bdb-7206-42a0-b62d-c23fe8f99e9c,7c4e6708-0002-4500-aade-a6c58681e280,7ef5c041-357b-461a-b75e-2c8854fc052e,81a1e3ab-0ae4-4ddb-972d-ca863ef97303,841bea8b-1f63-4914-bccd-657fd1d6bafa,86ee10e5-61cd-4114-b01a-ccfd4249447b,8957b06d-682a-447d-9233-6bab5d85b988,8bf7e273-2f63-47fe-8a9e-276a9967cc75,8e9374cc-731e-42e2-9135-aa77c0c64088,90e64ae2-3a0a-4da1-b9af-407e2e653f1a,93844b8a-072d-40bf-830f-55d7c83f5027,96359b56-fd0e-460c-bfc3-58e4fce6f06a,98ad34b1-42a7-49bf-8a27-6812da8049d4,9b70c4f3-a75b-4b62-8196-a62fbc6ad40d,9ddd72b6-1f7a-4f5a-a52e-4b795cd7ba43,a02b43c4-00de-4494-b03b-97ce285efaf3,a2e51a68-5a77-433c-bc62-09e1013ed0a5,a563d2da-e09c-4e43-a23b-2dc47266910b,a7fcac10-4dac-448f-a556-07a0f994058e,aa9ae4f3-7a65-4dd7-b4ec-bb0ac5effac0,ad2a670f-586d-4898-bfbd-160c7b66de93,af90b31f-3016-4bd0-be56-c5699dcc4485,b248b174-3614-483b-8275-9d3260e344f4,b4d9908e-fc14-41b1-b3a7-0188b6f2f7b8,b78cc66a-45ab-4ce0-891c-70e66ba48bd9,ba5349c8-738a-4bae-9a3e-4d5a8369e1ee,bca8832e-b2b5-4ecc-a93c-61fc88b37710,bf397c60-0756-4439-98e4-6228e925b278,c19b9669-875d-4086-8b5c-7277fb9400f0,c42cf335-e411-4fd6-a9eb-8acfedea3995,c69bb73f-a617-45ff-b0b3-01f0bbbe45be,c9245f77-9a19-40db-a5f9-a9cf28685362,cbb98083-86e1-40f2-a857-a754257f88f2,ce9db392-56cd-4d30-b550-35c125d3292d,d1244777-8256-4aca-8d3c-b2ab7996d680,d3de9a8d-f114-429f-a962-94a2333d0697,d66e710a-201c-40c5-9920-2cab900eb9d3,d8f554f5-cda3-4da6-ac68-0984a961daa0,dbded22b-3dcf-4257-a65f-42346570e94e,de448cd8-3b22-4e30-bfde-4e9386f2767b,e0c19b7c-2d48-4b30-9fc8-b2d079242386,e35cf29a-7a0d-49f9-be4e-543115d08b0d,e5eb812f-f86c-4597-b5e6-b40646037159,e87d5228-eb68-444a-8ecf-e439aa7b3907,eb060365-73ef-44e1-b50a-d8829da92375,eda40b98-17d5-4c51-8203-473afb666810,f046e835-396f-4805-b8ad-ac977aa61e79,f2d30704-9660-48b3-b5cc-9d5a27dc5a1c,f568df81-49d8-4a1d-9cb4-c3bee8620c86,f803e8f0-00ca-49c6-89e2-b3692a0d1261,fa9aed6d-e5ab-4b39-97c1-0fbd4f18fab9,fd566df1-7637-4df1-ab78-4a9069b49ba2,fffe5cfe-99ce-438b-87f7-50ef3d2ee419}'::text,
	'correlation', '-0.0031368183'::real
);
SELECT * FROM pg_catalog.pg_restore_attribute_stats(
	'version', '180006'::integer,
	'schemaname', 'public',
	'relname', 'webhooks',
	'attname', 'next_attempt_at',
	'inherited', 'f'::boolean,
	'null_frac', '0.9905'::real,
	'avg_width', '8'::integer,
	'n_distinct', '1'::real,
	'most_common_vals', '{"2026-12-27 02:34:31.113435+00"}'::text,
	'most_common_freqs', '{0.0095}'::real[],
	'correlation', '1'::real
);
SELECT * FROM pg_catalog.pg_restore_attribute_stats(
	'version', '180006'::integer,
	'schemaname', 'public',
	'relname', 'webhooks',
	'attname', 'operation_id',
	'inherited', 'f'::boolean,
	'null_frac', '0'::real,
	'avg_width', '16'::integer,
	'n_distinct', '-1'::real,
	'histogram_bounds', '{01a180d3-f20f-78ba-894d-6a284d7df1fb,01a18247-67b9-7d71-8ea5-d5da142b9b4b,01a183d8-e95c-7ae5-86b7-74b810d083f1,01a18565-dc54-72e0-8e7d-65da97f14048,01a18716-a1ba-70c1-95e4-eb7f8ec97904,01a18868-5c05-74fb-bd28-518eaff6b1e4,01a189db-7527-7e5d-8043-e771afcc524f,01a18b58-1034-7d6a-8aea-b9ad05ac3301,01a18cff-e280-7bb4-bebd-de0a637604ce,01a18e7a-8cb5-70c5-99e2-9ebb224cb3b6,01a18ff8-0f14-7a9c-a189-d5f89f0ec73f,01a191ab-d6e1-76c4-928b-f7c96b0fd01e,01a1934c-db38-7bc1-9f5e-57ddaed9b458,01a194cb-9763-76f1-b9d8-3c627210b552,01a1964a-a605-7b94-bebb-36b4ba085c90,01a197b0-d03a-7699-8a9b-f07deb58743b,01a1993b-aa20-7e82-a149-f5da8ccf6b4c,01a19acc-2e50-7af3-9a8e-84796dce576a,01a19c54-5847-7b4c-8923-5365dd49b2a4,01a19dd8-e6f7-71ef-b11a-6555fe9c95bc,01a19f4b-f002-7f34-999b-1a587bbaf7db,01a1a0dc-f6f2-7530-835d-94a6c0560b58,01a1a28e-24f0-7deb-b98f-90741b76ffff,01a1a406-395d-7fe9-ad7e-f0a7eafee66f,01a1a58d-0b5d-7a4f-9524-94b4148b75b7,01a1a724-577a-7370-996c-391f50e54a81,01a1a8cf-627d-7071-a1d5-12e84e4165e1,01a1aa54-ce71-7593-9f44-4bf3ba289e69,01a1abd1-2113-7114-a323-6562cf936228,01a1ad2e-cedc-7041-a45f-e09c5a7f81c0,01a1aed6-4cad-7136-ad88-b4c380523f00,01a1b042-3d55-7246-acf0-4b860d707074,01a1b19b-b8fa-70b1-9217-0fcbe387461a,01a1b31f-6c69-71a7-a87f-3046237aa3e3,01a1b4c8-747a-7d98-9737-b75280b9ba04,01a1b656-66e8-7488-80bb-cb8dc6bc261d,01a1b802-cfec-77b9-9c04-4946b9c69c46,01a1b974-951d-7015-b11d-1b642fe9ec3f,01a1baff-0466-7cca-bad8-2f267e409aec,01a1bca3-7dcd-76f4-900f-ad40ec51de26,01a1bdfe-02f6-79d6-8526-00c41c0f5e4b,01a1bfa2-683f-709a-9a1a-84a45ddd811b,01a1c10f-1c05-73e6-bc85-02cb131122e1,01a1c280-6682-77f5-b47a-d5ae6e90e925,01a1c3f5-7481-7a16-b4f7-00ed0d91f2a9,01a1c56d-4a92-78df-8dc3-e6f335ca0270,01a1c715-8b81-7e82-ada0-6e083e64cebb,01a1c89e-6e87-72d0-9da7-e212765a98ca,01a1ca16-0c45-711f-b75f-e5319b369d4e,01a1cb7c-2a68-7613-9011-9d313a1dc2fe,01a1cd1d-6712-7334-9e77-afba6228bea4,01a1cecd-776e-737d-baf2-69f9f4b7be3f,01a1d037-7f4b-7735-9728-11aede963550,01a1d1bc-bcfb-7350-b1e5-ed24f7c05f03,01a1d344-8e70-7db0-b7f9-8dac20b1d5ab,01a1d4dc-b9d4-73cd-aa06-e20ef3fecdc0,01a1d674-6c88-7efc-a4ce-2aed4f8f57a3,01a1d7fc-6232-77e4-8898-b77062875342,01a1d96d-9892-7a61-9417-80fd8e931d7c,01a1db0d-8955-749e-bc71-b3ff11788a7e,01a1dc8b-9077-781a-8147-4ad0aba97c25,01a1de19-78d6-7952-88dc-0e6f527b9eff,01a1dfa8-3a73-7d63-87ae-ded20830f753,01a1e124-42a8-7859-b790-f97135535422,01a1e2af-c98b-7289-93b2-0fba041248b3,01a1e42f-66ff-7b5d-8703-6476f8c0d7c0,01a1e5a1-607d-781a-9c7d-2d0a9baa1e33,01a1e721-aaee-7fa3-a1e7-da1731a99e6e,01a1e8c3-25f2-706c-ac7c-c28c52d32530,01a1ea4c-7ba0-7907-8762-e9257f143e0a,01a1ebcf-1979-7df2-9154-2e2eb20ae69e,01a1ed5a-5ffd-7c86-843e-3c56bcc47474,01a1eee0-d373-74ba-a202-c3f29d9ca22b,01a1f071-ce51-7c72-b42b-e4dd67e64865,01a1f20a-9498-7426-98a7-c0db1634476e,01a1f377-f960-7dac-aa97-43752c727b6c,01a1f4ef-66d9-767a-99a3-1aa0ae561f15,01a1f690-6f35-7736-99d0-a9b8d5a57743,01a1f810-f802-78e0-a724-910aa1229411,01a1f9c2-03cf-76f9-9c66-293337a35af3,01a1fb5a-2524-719e-9073-f9acd6441c42,01a1fcc2-bee9-7a4e-8a2c-301bc99af968,01a1fe4d-4859-797b-b289-7afe0b2a1ae2,01a1ffd8-1227-7ba7-9740-f7f96d41b5cc,01a20169-5f7e-7a2d-aca4-6e44384b11df,01a202ef-b4c7-719f-8b0a-d3e54822eebd,01a2047e-9490-7336-909a-112ffcee4ff7,01a2061c-39f8-79dd-8b3e-6c1b5c195820,01a207ab-0db0-7cd6-93c9-34ecaae3f71c,01a2093f-657a-7139-98b0-82a101a6cdc0,01a20ace-b7eb-7a14-ae0f-5d33ecf2720c,01a20c5f-03c9-7f07-9972-f82c2a4b9386,01a20dd3-bf50-70ed-bd1f-75fc6bb8c8bc,01a20f4b-c9ae-7183-ab87-62285980fc03,01a210cc-3651-7e80-8d90-16e6f757120b,01a21269-7523-71c8-8017-e06ffcd52285,01a2141f-f4eb-7eb1-ad0c-067d8ba0de66,01a2159e-8ce0-7656-9340-870d0683d546,01a21728-b1bd-7875-935a-b82127014413,01a218cb-2a34-7839-b500-1d93d4ba038a,01a21a49-010f-7764-a476-d78b2bf4ec72}'::text,
	'correlation', '1'::real
);
SELECT * FROM pg_catalog.pg_restore_attribute_stats(
	'version', '180006'::integer,
	'schemaname', 'public',
	'relname', 'webhooks',
	'attname', 'tenant',
	'inherited', 'f'::boolean,
	'null_frac', '0'::real,
	'avg_width', '12'::integer,
	'n_distinct', '1000'::real,
	'most_common_vals', '{tenant-0000,tenant-0001,tenant-0002,tenant-0003,tenant-0004,tenant-0005,tenant-0006,tenant-0007,tenant-0008,tenant-0009,tenant-0011,tenant-0010,tenant-0012,tenant-0013,tenant-0017,tenant-0014,tenant-0015,tenant-0016,tenant-0020,tenant-0018,tenant-0019,tenant-0024,tenant-0021,tenant-0023,tenant-0025,tenant-0022,tenant-0028,tenant-0026,tenant-0030,tenant-0032,tenant-0036,tenant-0033,tenant-0031,tenant-0037,tenant-0027,tenant-0035,tenant-0038,tenant-0051,tenant-0029,tenant-0039,tenant-0040,tenant-0054,tenant-0055,tenant-0041,tenant-0052,tenant-0042,tenant-0058,tenant-0045,tenant-0043,tenant-0034,tenant-0044,tenant-0046,tenant-0048,tenant-0056,tenant-0049,tenant-0053,tenant-0064,tenant-0047,tenant-0066,tenant-0068,tenant-0061,tenant-0060,tenant-0065,tenant-0081,tenant-0093,tenant-0073,tenant-0089,tenant-0062,tenant-0077,tenant-0050,tenant-0069,tenant-0087,tenant-0063,tenant-0070,tenant-0095,tenant-0071,tenant-0075,tenant-0108,tenant-0057,tenant-0059,tenant-0078,tenant-0072,tenant-0074,tenant-0080,tenant-0067,tenant-0105,tenant-0109,tenant-0084,tenant-0146,tenant-0159,tenant-0086,tenant-0097,tenant-0104,tenant-0117,tenant-0119,tenant-0076,tenant-0082,tenant-0096,tenant-0102,tenant-0144}'::text,
	'most_common_freqs', '{0.0979,0.0265,0.019333333,0.0136,0.012566667,0.0107,0.009366667,0.008066666,0.007833334,0.0075666667,0.0071,0.0067,0.0064,0.0061333333,0.0057,0.0056,0.0054,0.0051,0.004833333,0.0048,0.0048,0.0041,0.004033333,0.0039666668,0.0039666668,0.0039333333,0.0038666667,0.0037,0.0036333334,0.0035,0.0034333332,0.0033,0.0032666668,0.0032,0.0031333333,0.0031,0.0031,0.0030333332,0.003,0.0029666666,0.0028666668,0.0028333333,0.0028333333,0.0028,0.0028,0.0026333334,0.0026333334,0.0026,0.0025666666,0.0024666667,0.0024666667,0.0024666667,0.0024666667,0.0024333333,0.0024,0.0023333333,0.0023333333,0.0023,0.0022333334,0.0022333334,0.0022,0.0021666666,0.0021666666,0.0021333334,0.0021333334,0.0021,0.0020333333,0.0019666667,0.0019666667,0.0019333333,0.0019333333,0.0019333333,0.0019,0.0019,0.0019,0.0018666667,0.0018333333,0.0018333333,0.0018,0.0018,0.0018,0.0017666667,0.0017666667,0.0017333333,0.0017,0.0017,0.0017,0.0016666667,0.0016666667,0.0016666667,0.0016333334,0.0016333334,0.0016333334,0.0016333334,0.0016333334,0.0016,0.0016,0.0016,0.0016,0.0016}'::real[],
	'histogram_bounds', '{tenant-0079,tenant-0088,tenant-0094,tenant-0101,tenant-0110,tenant-0114,tenant-0120,tenant-0124,tenant-0128,tenant-0132,tenant-0136,tenant-0141,tenant-0147,tenant-0152,tenant-0157,tenant-0163,tenant-0168,tenant-0173,tenant-0178,tenant-0184,tenant-0190,tenant-0195,tenant-0200,tenant-0204,tenant-0211,tenant-0216,tenant-0221,tenant-0227,tenant-0233,tenant-0239,tenant-0245,tenant-0252,tenant-0259,tenant-0266,tenant-0274,tenant-0281,tenant-0288,tenant-0295,tenant-0302,tenant-0309,tenant-0317,tenant-0323,tenant-0331,tenant-0339,tenant-0346,tenant-0354,tenant-0362,tenant-0371,tenant-0380,tenant-0389,tenant-0397,tenant-0405,tenant-0414,tenant-0423,tenant-0433,tenant-0443,tenant-0452,tenant-0461,tenant-0470,tenant-0480,tenant-0490,tenant-0500,tenant-0511,tenant-0522,tenant-0532,tenant-0543,tenant-0555,tenant-0567,tenant-0577,tenant-0588,tenant-0601,tenant-0612,tenant-0623,tenant-0635,tenant-0646,tenant-0657,tenant-0670,tenant-0682,tenant-0694,tenant-0707,tenant-0718,tenant-0731,tenant-0745,tenant-0758,tenant-0770,tenant-0784,tenant-0799,tenant-0813,tenant-0827,tenant-0841,tenant-0854,tenant-0867,tenant-0882,tenant-0894,tenant-0909,tenant-0924,tenant-0940,tenant-0955,tenant-0970,tenant-0984,tenant-0999}'::text,
	'correlation', '0.017783558'::real
);
SELECT * FROM pg_catalog.pg_restore_attribute_stats(
	'version', '180006'::integer,
	'schemaname', 'public',
	'relname', 'webhooks',
	'attname', 'type',
	'inherited', 'f'::boolean,
	'null_frac', '0'::real,
	'avg_width', '19'::integer,
	'n_distinct', '3'::real,
	'most_common_vals', '{operation.succeeded,operation.failed,operation.canceled}'::text,
	'most_common_freqs', '{0.95453334,0.030833334,0.014633333}'::real[],
	'correlation', '0.912519'::real
);
SELECT * FROM pg_catalog.pg_restore_attribute_stats(
	'version', '180006'::integer,
	'schemaname', 'public',
	'relname', 'webhooks',
	'attname', 'url',
	'inherited', 'f'::boolean,
	'null_frac', '0'::real,
	'avg_width', '26'::integer,
	'n_distinct', '1'::real,
	'most_common_vals', '{https://example.com/hooks}'::text,
	'most_common_freqs', '{1}'::real[],
	'correlation', '1'::real
);
SELECT * FROM pg_catalog.pg_restore_attribute_stats(
	'version', '180006'::integer,
	'schemaname', 'public',
	'relname', 'webhooks',
	'attname', 'version',
	'inherited', 'f'::boolean,
	'null_frac', '0'::real,
	'avg_width', '8'::integer,
	'n_distinct', '1'::real,
	'most_common_vals', '{7}'::text,
	'most_common_freqs', '{1}'::real[],
	'correlation', '1'::real
);
SELECT * FROM pg_catalog.pg_restore_relation_stats(
	'version', '180006'::integer,
	'schemaname', 'public',
	'relname', 'idempotency_keys_by_operation',
	'relpages', '50502'::integer,
	'reltuples', '4.655016e+06'::real,
	'relallvisible', '0'::integer,
	'relallfrozen', '0'::integer
);
SELECT * FROM pg_catalog.pg_restore_relation_stats(
	'version', '180006'::integer,
	'schemaname', 'public',
	'relname', 'idempotency_keys_pkey',
	'relpages', '52932'::integer,
	'reltuples', '4.655016e+06'::real,
	'relallvisible', '0'::integer,
	'relallfrozen', '0'::integer
);
SELECT * FROM pg_catalog.pg_restore_relation_stats(
	'version', '180006'::integer,
	'schemaname', 'public',
	'relname', 'operation_steps_pkey',
	'relpages', '105844'::integer,
	'reltuples', '9.69933e+06'::real,
	'relallvisible', '0'::integer,
	'relallfrozen', '0'::integer
);
SELECT * FROM pg_catalog.pg_restore_relation_stats(
	'version', '180006'::integer,
	'schemaname', 'public',
	'relname', 'operations_asleep',
	'relpages', '345'::integer,
	'reltuples', '44601'::real,
	'relallvisible', '0'::integer,
	'relallfrozen', '0'::integer
);
SELECT * FROM pg_catalog.pg_restore_relation_stats(
	'version', '180006'::integer,
	'schemaname', 'public',
	'relname', 'operations_blocked',
	'relpages', '7'::integer,
	'reltuples', '5198'::real,
	'relallvisible', '0'::integer,
	'relallfrozen', '0'::integer
);
SELECT * FROM pg_catalog.pg_restore_relation_stats(
	'version', '180006'::integer,
	'schemaname', 'public',
	'relname', 'operations_expired',
	'relpages', '13378'::integer,
	'reltuples', '4.879693e+06'::real,
	'relallvisible', '0'::integer,
	'relallfrozen', '0'::integer
);
SELECT * FROM pg_catalog.pg_restore_relation_stats(
	'version', '180006'::integer,
	'schemaname', 'public',
	'relname', 'operations_group_queue',
	'relpages', '1'::integer,
	'reltuples', '0'::real,
	'relallvisible', '0'::integer,
	'relallfrozen', '0'::integer
);
SELECT * FROM pg_catalog.pg_restore_relation_stats(
	'version', '180006'::integer,
	'schemaname', 'public',
	'relname', 'operations_in_flight',
	'relpages', '125'::integer,
	'reltuples', '49798'::real,
	'relallvisible', '0'::integer,
	'relallfrozen', '0'::integer
);
SELECT * FROM pg_catalog.pg_restore_relation_stats(
	'version', '180006'::integer,
	'schemaname', 'public',
	'relname', 'operations_newest',
	'relpages', '64445'::integer,
	'reltuples', '5.030092e+06'::real,
	'relallvisible', '0'::integer,
	'relallfrozen', '0'::integer
);
SELECT * FROM pg_catalog.pg_restore_relation_stats(
	'version', '180006'::integer,
	'schemaname', 'public',
	'relname', 'operations_pkey',
	'relpages', '54647'::integer,
	'reltuples', '5.030092e+06'::real,
	'relallvisible', '0'::integer,
	'relallfrozen', '0'::integer
);
SELECT * FROM pg_catalog.pg_restore_relation_stats(
	'version', '180006'::integer,
	'schemaname', 'public',
	'relname', 'operations_ready',
	'relpages', '40'::integer,
	'reltuples', '0'::real,
	'relallvisible', '0'::integer,
	'relallfrozen', '0'::integer
);
SELECT * FROM pg_catalog.pg_restore_relation_stats(
	'version', '180006'::integer,
	'schemaname', 'public',
	'relname', 'operations_suspect',
	'relpages', '1'::integer,
	'reltuples', '0'::real,
	'relallvisible', '0'::integer,
	'relallfrozen', '0'::integer
);
SELECT * FROM pg_catalog.pg_restore_relation_stats(
	'version', '180006'::integer,
	'schemaname', 'public',
	'relname', 'operations_tombstones',
	'relpages', '321'::integer,
	'reltuples', '100602'::real,
	'relallvisible', '0'::integer,
	'relallfrozen', '0'::integer
);
SELECT * FROM pg_catalog.pg_restore_relation_stats(
	'version', '180006'::integer,
	'schemaname', 'public',
	'relname', 'operations_waiting_for_room',
	'relpages', '1'::integer,
	'reltuples', '0'::real,
	'relallvisible', '0'::integer,
	'relallfrozen', '0'::integer
);
SELECT * FROM pg_catalog.pg_restore_relation_stats(
	'version', '180006'::integer,
	'schemaname', 'public',
	'relname', 'operations_with_room',
	'relpages', '1'::integer,
	'reltuples', '0'::real,
	'relallvisible', '0'::integer,
	'relallfrozen', '0'::integer
);
SELECT * FROM pg_catalog.pg_restore_relation_stats(
	'version', '180006'::integer,
	'schemaname', 'public',
	'relname', 'webhooks_due',
	'relpages', '4'::integer,
	'reltuples', '2306'::real,
	'relallvisible', '0'::integer,
	'relallfrozen', '0'::integer
);
SELECT * FROM pg_catalog.pg_restore_relation_stats(
	'version', '180006'::integer,
	'schemaname', 'public',
	'relname', 'webhooks_pkey',
	'relpages', '1971'::integer,
	'reltuples', '242693'::real,
	'relallvisible', '0'::integer,
	'relallfrozen', '0'::integer
);
SELECT * FROM pg_catalog.pg_restore_relation_stats(
	'version', '180006'::integer,
	'schemaname', 'public',
	'relname', 'webhooks_undelivered',
	'relpages', '37'::integer,
	'reltuples', '2306'::real,
	'relallvisible', '0'::integer,
	'relallfrozen', '0'::integer
);
