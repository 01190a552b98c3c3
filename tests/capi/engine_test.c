/* Engines of bytes: what makes one, and what is said of mistakes. */
#include <stdlib.h>
#include <string.h>

#include "tests/capi/fixture.h"
#include "tests/capi/visitor.h"

/* --- What is made ----------------------------------------------------------------------------- */

TEST(engine_is_made_of_bytes) {
  stile_engine* const engine = new_engine();
  const stile_stats stats = stats_of(engine);
  EXPECT_INT(stats.site_count, 2);
  EXPECT_INT(stats.generation, 1);
  EXPECT_INT(stats.from_last_good, 0);
  EXPECT_INT(strlen(stats.digest), 64);
  EXPECT_INT(stats.trial[0], '\0');
  stile_engine_free(engine);
}

TEST(sites_have_names) {
  stile_engine* const engine = new_engine();
  char name[72];
  EXPECT_OK(stile_engine_site_name(engine, 0, name));
  EXPECT_TEXT(str(name), "main");
  EXPECT_OK(stile_engine_site_name(engine, 1, name));
  EXPECT_TEXT(str(name), "shop");
  EXPECT_INT(stile_engine_site_name(engine, 2, name), STILE_ERR_NOT_FOUND);
  EXPECT_TEXT(str(name), "shop");
  stile_engine_free(engine);
}

TEST(library_says_its_version) {
  EXPECT_INT(stile_abi_version(), STILE_ABI_VERSION);
  EXPECT(strchr(stile_version(), '.') != NULL);
  EXPECT(strlen(stile_status_text(STILE_OK)) > 0);
  EXPECT(strcmp(stile_status_text(STILE_ERR_CONFIG), stile_status_text(STILE_OK)) != 0);
  EXPECT(strlen(stile_status_text(-1)) > 0);
  EXPECT(strlen(stile_status_text(1000000)) > 0);
}

TEST(numbers_have_names) {
  EXPECT_TEXT(str(stile_action_name(STILE_ACTION_ALLOW)), "allow");
  EXPECT_TEXT(str(stile_action_name(STILE_ACTION_CHALLENGE)), "challenge");
  EXPECT_TEXT(str(stile_action_name(STILE_ACTION_DENY)), "deny");
  EXPECT_TEXT(str(stile_action_name(STILE_ACTION_SERVE)), "serve");
  EXPECT_TEXT(str(stile_action_name(99)), "none");
  EXPECT_TEXT(str(stile_action_name(-1)), "none");
  EXPECT_TEXT(str(stile_verdict_name(STILE_VERDICT_WRONG_CLIENT)), "wrong-client");
  EXPECT_TEXT(str(stile_verdict_name(STILE_VERDICT_REVOKED)), "revoked");
  EXPECT_TEXT(str(stile_verdict_name(STILE_VERDICT_REVOKED + 1)), "none");
  EXPECT_TEXT(str(stile_refusal_name(STILE_REFUSAL_BLAST_RADIUS)), "blast-radius");
  EXPECT_TEXT(str(stile_refusal_name(STILE_REFUSAL_ROLLED_BACK)), "rolled-back");
  EXPECT(strlen(stile_refusal_name(-5)) > 0);
}

TEST(configuration_may_have_another_name) {
  struct files files;
  files_init(&files);
  files_remove(&files, "stile.toml");
  files_set(&files, "conf/gate.toml", TOML);
  files.config.name = str("conf/gate.toml");
  stile_engine_free(engine_of(&files));
}

struct reader {
  struct files files;
  int asked;
  char* last;
};

/* Hands over a copy, which it frees with the next. */
static stile_status read_file(void* user, stile_str name, size_t limit, stile_str* text) {
  struct reader* const reader = user;
  uint32_t i;
  ++reader->asked;
  EXPECT(limit >= 1024);
  for (i = 0; i < reader->files.config.file_count; ++i) {
    const stile_file* const file = &reader->files.files[i];
    if (file->name.size != name.size || memcmp(file->name.data, name.data, name.size) != 0) {
      continue;
    }
    *text = file->text;
    return STILE_OK;
  }
  return STILE_ERR_NOT_FOUND;
}

TEST(files_come_from_a_callback) {
  struct reader reader;
  struct files asked;
  memset(&reader, 0, sizeof reader);
  files_init(&reader.files);
  memset(&asked, 0, sizeof asked);
  asked.config.struct_size = sizeof asked.config;
  asked.config.read = read_file;
  asked.config.read_user = &reader;
  stile_engine_free(engine_of(&asked));
  EXPECT_INT(reader.asked, 5);
}

TEST(file_at_hand_is_not_asked_for) {
  struct reader reader;
  struct files asked;
  memset(&reader, 0, sizeof reader);
  files_init(&reader.files);
  files_init(&asked);
  files_remove(&asked, "keys.toml");
  asked.config.read = read_file;
  asked.config.read_user = &reader;
  stile_engine_free(engine_of(&asked));
  EXPECT_INT(reader.asked, 1);
}

TEST(text_over_the_limit_is_refused_by_name) {
  const size_t size = 2U << 20;
  char* const text = malloc(size + 1);
  struct files files;
  struct report report;
  stile_engine* engine = NULL;
  const stile_engine_options options = options_at(NOW, 0);
  EXPECT(text != NULL);
  memset(text, '#', size);
  text[size] = '\0';
  files_init(&files);
  files_set(&files, "keys.toml", text);
  report_init(&report);
  EXPECT_INT(stile_engine_new(&files.config, &options, &report.report, &engine), STILE_ERR_CONFIG);
  EXPECT(has(str(report.text), "keys.toml"));
  EXPECT(engine == NULL);
  free(text);
}

TEST(sections_of_the_service_are_skipped) {
  struct files files;
  files_init(&files);
  files_set(&files, "stile.toml",
            TOML
            "[[listener]]\naddress = \"127.0.0.1:8080\"\n"
            "[metrics]\naddress = \"127.0.0.1:9464\"\n");
  stile_engine_free(engine_of(&files));
}

/* --- Mistakes --------------------------------------------------------------------------------- */

/* A mistake in each of four files, one of them of two lines. */
static void spoil(struct files* files) {
  files_init(files);
  files_set(files, "stile.toml", TOML "soak_fro = \"1m\"\n");
  files_set(files, "policy.toml", POLICY "[[rule]]\nname = \"x\"\naction = \"chalenge\"\n");
  files_set(files, "shop.toml", "[default]\naction = \"challenge\"\nlevel = \"hihg\"\n");
  files_set(files, "keys.toml", "[[key]]\nid = 1\nsecret = \"" SECRET "!\"\n");
}

static const char* const kPlaces[] = {"stile.toml:", "policy.toml:", "shop.toml:", "keys.toml:"};

TEST(every_mistake_comes_at_once_with_its_place) {
  struct files files;
  struct report report;
  const stile_engine_options options = options_at(NOW, 0);
  stile_engine* engine = NULL;
  size_t i;
  spoil(&files);
  report_init(&report);
  EXPECT_INT(stile_engine_new(&files.config, &options, &report.report, &engine), STILE_ERR_CONFIG);
  EXPECT(engine == NULL);
  for (i = 0; i < 4; ++i) EXPECT(has(str(report.text), kPlaces[i]));
  EXPECT(report.report.errors >= 5);
  EXPECT_INT(report.report.refusal, STILE_REFUSAL_MISTAKES);
  EXPECT_INT(report.report.text_size, strlen(report.text));
  EXPECT_INT(report.text[report.report.text_size - 1], '\n');
  EXPECT_INT(strlen(report.report.digest), 64);
}

TEST(place_has_line_and_column) {
  struct files files;
  struct report report;
  const stile_engine_options options = options_at(NOW, 0);
  stile_engine* engine = NULL;
  files_init(&files);
  files_set(&files, "policy.toml", "[default]\naction = \"chalenge\"\n");
  report_init(&report);
  EXPECT_INT(stile_engine_new(&files.config, &options, &report.report, &engine), STILE_ERR_CONFIG);
  EXPECT(strncmp(report.text, "policy.toml:2:10: ", 18) == 0);
}

struct log {
  int errors;
  int others;
  int places;
  int secrets;
  int controls;
};

static void take_line(void* user, int32_t level, stile_str place, stile_str message) {
  struct log* const log = user;
  size_t i;
  if (level == STILE_LOG_ERROR) ++log->errors;
  if (level != STILE_LOG_ERROR) ++log->others;
  for (i = 0; i < 4; ++i) log->places += has(place, kPlaces[i]);
  log->secrets += has(message, SECRET) || has(place, SECRET) || has(message, BACKEND_SECRET);
  for (i = 0; i < message.size; ++i) log->controls += (unsigned char)message.data[i] < 32;
  for (i = 0; i < place.size; ++i) log->controls += (unsigned char)place.data[i] < 32;
  EXPECT(message.size > 10);
}

TEST(log_gets_every_mistake) {
  struct files files;
  stile_report report;
  struct log log;
  const stile_engine_options options = options_at(NOW, 0);
  stile_engine* engine = NULL;
  spoil(&files);
  memset(&report, 0, sizeof report);
  memset(&log, 0, sizeof log);
  report.struct_size = sizeof report;
  report.log = take_line;
  report.log_user = &log;
  EXPECT_INT(stile_engine_new(&files.config, &options, &report, &engine), STILE_ERR_CONFIG);
  EXPECT_INT(log.errors, report.errors);
  EXPECT_INT(log.others, 0);
  EXPECT(log.errors >= 5);
  EXPECT_INT(log.places, log.errors);
  EXPECT_INT(report.text_size, 0);
}

/* Secrets that are wrong in ways that invite to quote them. */
TEST(no_message_holds_a_secret) {
  static const char* const kKeys[] = {
      "[[key]]\nid = 1\nsecret = \"" SECRET "!\"\nsign_from = 2026-01-01T00:00:00Z\n",
      "[[key]]\nid = 1\nsecret = \"" SECRET "\n",
      "[[key]]\nid = 1\n" SECRET " = 3\nsign_from = 2026-01-01T00:00:00Z\n",
      "secret = \"" SECRET "\"\n",
      KEY_TOML(1, SECRET) KEY_TOML(1, SECRET),
      "[[key]]\nid = 1\nsecret = " SECRET "\nsign_from = 2026-01-01T00:00:00Z\n",
  };
  size_t i;
  for (i = 0; i < sizeof kKeys / sizeof kKeys[0]; ++i) {
    struct files files;
    struct report report;
    struct log log;
    const stile_engine_options options = options_at(NOW, 0);
    stile_engine* engine = NULL;
    files_init(&files);
    files_set(&files, "keys.toml", kKeys[i]);
    files_set(&files, "backend.txt", BACKEND_SECRET "\n" BACKEND_SECRET "\nshort\n");
    report_init(&report);
    memset(&log, 0, sizeof log);
    report.report.log = take_line;
    report.report.log_user = &log;
    EXPECT_INT(stile_engine_new(&files.config, &options, &report.report, &engine),
               STILE_ERR_CONFIG);
    EXPECT(log.errors > 0);
    EXPECT_INT(log.secrets, 0);
    EXPECT(!has(str(report.text), SECRET));
    EXPECT(!has(str(report.text), BACKEND_SECRET));
  }
}

TEST(messages_have_no_control_characters) {
  struct files files;
  struct report report;
  struct log log;
  const stile_engine_options options = options_at(NOW, 0);
  stile_engine* engine = NULL;
  uint32_t lines = 0;
  const char* at;
  files_init(&files);
  files_set(&files, "policy.toml",
            "[default]\naction = \"a\\u001b[31m\\n\\u0007\"\n\"ac\\u001b\\n\" = 1\n");
  report_init(&report);
  memset(&log, 0, sizeof log);
  report.report.log = take_line;
  report.report.log_user = &log;
  EXPECT_INT(stile_engine_new(&files.config, &options, &report.report, &engine), STILE_ERR_CONFIG);
  EXPECT(log.errors > 0);
  EXPECT_INT(log.controls, 0);
  for (at = report.text; *at != '\0'; ++at) {
    if (*at == '\n') ++lines;
    EXPECT(*at == '\n' || (unsigned char)*at >= 32);
  }
  EXPECT_INT(lines, report.report.errors);
}

TEST(text_is_cut_at_the_end_of_a_line) {
  struct files files;
  struct report whole;
  const stile_engine_options options = options_at(NOW, 0);
  stile_engine* engine = NULL;
  uint32_t room;
  spoil(&files);
  report_init(&whole);
  EXPECT_INT(stile_engine_new(&files.config, &options, &whole.report, &engine), STILE_ERR_CONFIG);
  for (room = 0; room < whole.report.text_size + 2; ++room) {
    struct report cut;
    uint32_t i;
    report_init(&cut);
    memset(cut.text, 'Z', sizeof cut.text);
    cut.report.text_room = room;
    EXPECT_INT(stile_engine_new(&files.config, &options, &cut.report, &engine), STILE_ERR_CONFIG);
    EXPECT_INT(cut.report.errors, whole.report.errors);
    for (i = room; i < sizeof cut.text; ++i) EXPECT(cut.text[i] == 'Z');
    if (room == 0) continue;
    EXPECT(cut.report.text_size < room);
    EXPECT_INT(cut.text[cut.report.text_size], '\0');
    EXPECT(strncmp(cut.text, whole.text, cut.report.text_size) == 0);
    EXPECT(cut.report.text_size == 0 || cut.text[cut.report.text_size - 1] == '\n');
    EXPECT(room <= whole.report.text_size || cut.report.text_size == whole.report.text_size);
  }
}

TEST(report_may_be_null) {
  struct files files;
  const stile_engine_options options = options_at(NOW, 0);
  stile_engine* engine = NULL;
  spoil(&files);
  EXPECT_INT(stile_engine_new(&files.config, &options, NULL, &engine), STILE_ERR_CONFIG);
  EXPECT(engine == NULL);
}

TEST(report_of_a_good_configuration_is_empty) {
  struct files files;
  struct report report;
  const stile_engine_options options = options_at(NOW, 0);
  stile_engine* engine = NULL;
  files_init(&files);
  report_init(&report);
  report.report.errors = 7;
  report.report.text_size = 7;
  strcpy(report.text, "left over");
  EXPECT_OK(stile_engine_new(&files.config, &options, &report.report, &engine));
  EXPECT_INT(report.report.errors, 0);
  EXPECT_INT(report.report.text_size, 0);
  EXPECT_TEXT(str(report.text), "");
  EXPECT_INT(report.report.refusal, STILE_REFUSAL_NONE);
  EXPECT_TEXT(str(report.report.digest), stats_of(engine).digest);
  stile_engine_free(engine);
}

TEST(missing_file_is_a_mistake_that_names_it) {
  static const char* const kNames[] = {"stile.toml", "policy.toml", "shop.toml", "keys.toml",
                                       "backend.txt"};
  size_t i;
  for (i = 0; i < sizeof kNames / sizeof kNames[0]; ++i) {
    struct files files;
    struct report report;
    const stile_engine_options options = options_at(NOW, 0);
    stile_engine* engine = NULL;
    files_init(&files);
    files_remove(&files, kNames[i]);
    report_init(&report);
    EXPECT_INT(stile_engine_new(&files.config, &options, &report.report, &engine),
               STILE_ERR_CONFIG);
    EXPECT(has(str(report.text), kNames[i]));
    EXPECT(engine == NULL);
  }
}

TEST(keys_are_not_made_up) {
  struct files files;
  struct report report;
  const stile_engine_options options = options_at(NOW, 0);
  stile_engine* engine = NULL;
  files_init(&files);
  files_set(&files, "stile.toml",
            "[[site]]\nname = \"main\"\nhosts = [\"*\"]\npolicy = \"policy.toml\"\n");
  report_init(&report);
  EXPECT_INT(stile_engine_new(&files.config, &options, &report.report, &engine), STILE_ERR_CONFIG);
  EXPECT(has(str(report.text), "keys"));
}

TEST(configuration_of_any_bytes_ends_in_mistakes) {
  static const char kBytes[] = "\0\xff[[[=\"'''\x80{}#\n";
  struct files files;
  struct report report;
  const stile_engine_options options = options_at(NOW, 0);
  stile_engine* engine = NULL;
  uint32_t i;
  for (i = 0; i < 5; ++i) {
    files_init(&files);
    files.files[i].text.data = kBytes;
    files.files[i].text.size = sizeof kBytes - 1;
    report_init(&report);
    EXPECT_INT(stile_engine_new(&files.config, &options, &report.report, &engine),
               STILE_ERR_CONFIG);
    EXPECT(report.report.errors > 0);
    EXPECT(engine == NULL);
  }
}
