/* The files of a configuration, which the tests of stile.h change as they need. */
#ifndef STILE_TESTS_CAPI_FILES_H_
#define STILE_TESTS_CAPI_FILES_H_

#include <stile.h>

/* Unix time in milliseconds at which everything begins. */
#define NOW 1800000000000LL

/* The master secret of key 1 in the fixture's keys, and the secret of the site's backend. */
#define SECRET "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"
#define OTHER_SECRET "BBBCAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"
#define BACKEND_SECRET "0123456789abcdefghijklmnopqrstuv"

/* Two sites, "main" for every host and "shop", with small tables; what serves is good after a
 * minute and ten requests. Everything asks for a wait of 5 s but what the rules say. */
#define TOML                                                                        \
  "[[site]]\nname = \"main\"\nhosts = [\"*\"]\npolicy = \"policy.toml\"\n"          \
  "[site.siteverify]\nsecrets_file = \"backend.txt\"\n"                             \
  "[[site]]\nname = \"shop\"\nhosts = [\"shop.example\"]\npolicy = \"shop.toml\"\n" \
  "[keys]\nfile = \"keys.toml\"\n" SMALL_TABLES                                     \
  "[admission]\nsoak_for = \"1m\"\nsoak_requests = 10\n"
#define SMALL_TABLES                                                                   \
  "[budgets]\nclearances = 4096\ncleared_prefixes = 4096\nuncleared_prefixes = 4096\n" \
  "uncleared_rings = 1024\n[spend]\ntokens = 1000\nattempts = 64\n"
#define POLICY                                                                                     \
  "[default]\naction = \"challenge\"\nlevel = \"wait\"\n"                                          \
  "[[rule]]\nname = \"open\"\npath = [\"/open\", \"/open/*\"]\naction = \"allow\"\n"               \
  "[[rule]]\nname = \"closed\"\npath = [\"/closed\"]\naction = \"deny\"\n"                         \
  "[[rule]]\nname = \"strict\"\npath = [\"/strict\"]\naction = \"challenge\"\nlevel = \"light\"\n" \
  "[[rule]]\nname = \"once\"\npath = [\"/once\"]\naction = \"challenge\"\nlevel = \"wait\"\n"      \
  "budget = { requests = 1, per = \"1h\" }\n"                                                      \
  "[[rule]]\nname = \"api\"\npath = [\"/api\"]\naction = \"allow\"\n"                              \
  "header = { name = \"X-Api\", equals = [\"yes\"] }\n"
/* Without the rule about a header field. */
#define SHOP_POLICY "[default]\naction = \"challenge\"\nlevel = \"light\"\n"
#define KEY_TOML(id, secret) \
  "[[key]]\nid = " #id "\nsecret = \"" secret "\"\nsign_from = 2026-01-01T00:00:00Z\n"

enum { MAX_FILES = 8 };

/* Files of a configuration, by name; see `files_set`. */
struct files {
  stile_file files[MAX_FILES];
  stile_config config; /* Of them. */
};

/* The fixture's own files. */
void files_init(struct files* files);
/* Puts `text` in the place of the file called `name`, or beside the others. */
void files_set(struct files* files, const char* name, const char* text);
void files_remove(struct files* files, const char* name);

#endif /* STILE_TESTS_CAPI_FILES_H_ */
