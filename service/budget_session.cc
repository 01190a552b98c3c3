#include "service/budget_session.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <span>
#include <utility>

#include "challenge/concat.h"

namespace stile {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kPatience{1'000};
constexpr std::string_view kField = "m";
constexpr std::size_t kMaxWhy = 256;  // What a server says may be long.
constexpr std::string_view kOdd = "it answers something else than was asked for";
// The seat must be kept, and who has none must know that the store answers.
constexpr milliseconds kLongestRound{1'000};

bool IsText(const RedisReply& reply) { return reply.kind == RedisReply::Kind::kText; }

// Entries that a reply to XREAD of one stream has; null if it is no such reply.
const std::vector<RedisReply>* EntriesOf(const RedisReply& reply) {
  if (reply.kind != RedisReply::Kind::kArray || reply.parts.size() != 1) return nullptr;
  const RedisReply& stream = reply.parts.front();
  if (stream.kind != RedisReply::Kind::kArray || stream.parts.size() != 2) return nullptr;
  return stream.parts[1].kind == RedisReply::Kind::kArray ? &stream.parts[1].parts : nullptr;
}

// An entry's id; null if it is no entry.
const std::string* IdIn(const RedisReply& entry) {
  const bool fits =
      entry.kind == RedisReply::Kind::kArray && entry.parts.size() == 2 && IsText(entry.parts[0]);
  return fits ? &entry.parts[0].text : nullptr;
}

// The message in an entry's fields; empty, which is none, if there is another field.
std::string_view MessageOf(const RedisReply& fields) {
  const bool fits = fields.kind == RedisReply::Kind::kArray && fields.parts.size() == 2 &&
                    IsText(fields.parts[0]) && fields.parts[0].text == kField &&
                    IsText(fields.parts[1]);
  return fits ? std::string_view(fields.parts[1].text) : std::string_view();
}

}  // namespace

std::string BudgetStreamKey(std::string_view prefix) { return Concat("{", prefix, "}:budgets"); }

BudgetSession::BudgetSession(std::unique_ptr<RedisConnection> connection, const RedisConfig& config,
                             milliseconds interval, BudgetMerge& merge, BudgetOutbox& outbox,
                             BudgetTotals& totals)
    : connection_(std::move(connection)),
      key_(BudgetStreamKey(config.key_prefix)),
      interval_(interval),
      merge_(merge),
      outbox_(outbox),
      totals_(totals),
      username_(config.username) {}

BudgetSession::~BudgetSession() {
  // Nobody knows whether they were heard, and what is said twice is charged twice.
  std::erase_if(outbox_.letters, [this](const BudgetOutbox::Letter& letter) {
    if (letter.sent) totals_.unanswered.fetch_add(letter.telling.cost);
    return letter.sent;
  });
  totals_.letters.store(outbox_.letters.size());
}

void BudgetSession::Say(Kind kind, std::initializer_list<std::string_view> words,
                        Clock::time_point now) {
  connection_->Append(std::span(words.begin(), words.size()));
  sent_.push_back({kind, now});
}

void BudgetSession::Greet(const SecretBytes& password, Clock::time_point now) {
  if (password.size() != 0) {
    connection_->AppendAuth(username_, password);
    sent_.push_back({Kind::kAuth, now});
  }
  Say(Kind::kTime, {"TIME"}, now);
  next_round_ = now;
}

bool BudgetSession::Tend(UnixMillis wall, Clock::time_point now) {
  if (!sent_.empty() && now - sent_.front().at > kPatience) return GiveUp("it doesn't answer");
  if (!greeted_ || !sent_.empty() || now < next_round_) return true;
  next_round_ = now + std::min(interval_, kLongestRound);
  const bool seated = merge_.TakeSeat(wall);
  totals_.seated.store(seated);
  merges_ = seated && now >= next_merge_;
  if (merges_) {
    next_merge_ = now + interval_;
    Tell(wall, now);
  }
  Say(Kind::kTime, {"TIME"}, now);
  return true;
}

void BudgetSession::Tell(UnixMillis wall, Clock::time_point now) {
  std::erase_if(outbox_.letters, [&](const BudgetOutbox::Letter& letter) {
    const bool late = now - letter.collected > merge_.terms().late;
    if (late) totals_.late.fetch_add(letter.telling.cost);
    return late;
  });
  totals_.letters.store(outbox_.letters.size() + 1);
  if (outbox_.letters.size() < kMessages) {
    BudgetMerge::Forgotten forgotten;
    auto tellings =
        merge_.Collect(wall, LogTime(now), kMessages - outbox_.letters.size(), forgotten);
    for (BudgetMerge::Telling& telling : tellings) {
      outbox_.letters.push_back({std::move(telling), now});
    }
    totals_.late.fetch_add(forgotten.late);
    totals_.torn.fetch_add(forgotten.torn);
    totals_.unnoted.fetch_add(forgotten.unnoted);
  }
  totals_.letters.store(outbox_.letters.size());
  if (outbox_.letters.empty()) refusal_.clear();  // What was refused is late, and nothing is now.
  for (BudgetOutbox::Letter& letter : outbox_.letters) {
    Say(Kind::kAdd, {"XADD", key_, "MAXLEN", "~", kStreamLength, "*", kField, letter.telling.bytes},
        now);
    letter.sent = true;
  }
  if (!outbox_.letters.empty()) Say(Kind::kExpire, {"PEXPIRE", key_, kStreamLifeMillis}, now);
}

void BudgetSession::AskForMessages(Clock::time_point now) {
  const std::string from = BudgetMerge::IdOf(read_from_);
  const std::string count = std::to_string(kMessages);
  Say(Kind::kRead, {"XREAD", "COUNT", count, "STREAMS", key_, from}, now);
}

bool BudgetSession::Exchange(bool readable, bool writable, UnixMillis wall, Clock::time_point now) {
  if ((readable && !connection_->Read()) ||
      ((writable || connection_->wants_write()) && !connection_->Write())) {
    return GiveUp(connection_->error());
  }
  while (true) {
    RedisReply reply;
    bool taken = false;
    if (!connection_->Take(reply, taken)) return GiveUp(connection_->error());
    if (!taken) return true;
    if (sent_.empty()) return GiveUp("it answers what nobody asked");
    const Sent command = sent_.front();
    sent_.pop_front();
    if (!OnReply(command, reply, wall, now)) return false;
  }
}

bool BudgetSession::OnReply(const Sent& command, const RedisReply& reply, UnixMillis wall,
                            Clock::time_point now) {
  switch (command.kind) {
    case Kind::kAuth:
      return IsText(reply) || GiveUp(Concat("it doesn't take the password: ", reply.text));
    case Kind::kTime:
      return OnTime(reply, now);
    case Kind::kAdd:
      OnAdd(reply);
      return true;
    case Kind::kExpire:
      return reply.kind != RedisReply::Kind::kError || GiveUp(reply.text);
    case Kind::kLast:
      return OnLast(reply, now);
    case Kind::kRead:
      // What lay here while this process slept is late by now.
      if (now - command.at > kPatience) return GiveUp("it doesn't answer");
      return OnRead(reply, wall, now);
  }
  return false;
}

bool BudgetSession::OnTime(const RedisReply& reply, Clock::time_point now) {
  if (reply.kind == RedisReply::Kind::kError) return GiveUp(reply.text);
  std::int64_t seconds = 0;
  std::int64_t micros = 0;
  const auto number = [](const RedisReply& part, std::int64_t& value) {
    const char* const end = part.text.data() + part.text.size();
    return IsText(part) && part.text.size() <= 12 &&
           std::from_chars(part.text.data(), end, value).ptr == end && value >= 0;
  };
  if (reply.kind != RedisReply::Kind::kArray || reply.parts.size() != 2 ||
      !number(reply.parts[0], seconds) || !number(reply.parts[1], micros)) {
    return GiveUp(std::string(kOdd));
  }
  greeted_ = true;
  log_time_ = UnixMillis{seconds * 1'000 + micros / 1'000};
  log_time_at_ = now;
  merge_.NoteTime(log_time_, std::chrono::duration_cast<milliseconds>(now.time_since_epoch()));
  if (!merges_) return true;
  if (const auto from = merge_.ReadFrom(log_time_)) {
    read_from_ = *from;
    AskForMessages(now);
  } else {
    Say(Kind::kLast, {"XREVRANGE", key_, "+", "-", "COUNT", "1"}, now);
  }
  return true;
}

bool BudgetSession::OnLast(const RedisReply& reply, Clock::time_point now) {
  if (reply.kind == RedisReply::Kind::kError) return GiveUp(reply.text);
  if (reply.kind != RedisReply::Kind::kArray || reply.parts.size() > 1) {
    return GiveUp(std::string(kOdd));
  }
  std::optional<std::uint64_t> last = 0;
  if (!reply.parts.empty()) {
    const std::string* const id = IdIn(reply.parts.front());
    last = id == nullptr ? std::nullopt : BudgetMerge::MarkOf(*id);
  }
  if (!last) return GiveUp(std::string(kOdd));
  if (merge_.IsStuck(*last, LogTime(now))) {
    Say(Kind::kExpire, {"PEXPIRE", key_, "0"}, now);  // Deletes it.
    last = 0;
  }
  read_from_ = merge_.Begin(*last, LogTime(now));
  AskForMessages(now);
  return true;
}

// The answers come in the order of the messages.
void BudgetSession::OnAdd(const RedisReply& reply) {
  const auto letter = std::find_if(outbox_.letters.begin(), outbox_.letters.end(),
                                   [](const auto& candidate) { return candidate.sent; });
  if (letter == outbox_.letters.end()) return;
  if (IsText(reply)) {
    totals_.told.fetch_add(letter->telling.cost);
    outbox_.letters.erase(letter);
    totals_.letters.store(outbox_.letters.size());
    refusal_.clear();
    return;
  }
  letter->sent = false;
  const std::string_view said = reply.text;
  refusal_ = reply.kind == RedisReply::Kind::kError ? said.substr(0, kMaxWhy) : kOdd;
}

bool BudgetSession::OnRead(const RedisReply& reply, UnixMillis wall, Clock::time_point now) {
  if (reply.kind == RedisReply::Kind::kNil) return true;  // Nothing new.
  if (reply.kind == RedisReply::Kind::kError) return GiveUp(reply.text);
  const std::vector<RedisReply>* entries = EntriesOf(reply);
  if (entries == nullptr) return GiveUp(std::string(kOdd));
  for (const RedisReply& entry : *entries) {
    if (!Hear(entry, wall, now))
      return entry.kind == RedisReply::Kind::kArray || GiveUp(std::string(kOdd));
  }
  if (entries->size() >= kMessages) AskForMessages(now);
  return true;
}

// False if it isn't this process's to hear, or nothing that XREAD answers.
bool BudgetSession::Hear(const RedisReply& entry, UnixMillis wall, Clock::time_point now) {
  const std::string* const id = IdIn(entry);
  if (id == nullptr) return false;
  const auto mark = BudgetMerge::MarkOf(*id);
  if (!mark || *mark < read_from_ || !merge_.Advance(read_from_, *mark)) return false;
  read_from_ = *mark;
  std::uint64_t cost = 0;
  switch (merge_.Hear(MessageOf(entry.parts[1]), LogTime(now), wall, cost)) {
    case BudgetMerge::Hearing::kOwn:
      break;
    case BudgetMerge::Hearing::kLate:
      totals_.heard_late.fetch_add(1);
      break;
    case BudgetMerge::Hearing::kRefused:
      totals_.refused.fetch_add(1);
      break;
    case BudgetMerge::Hearing::kCharged:
      totals_.heard.fetch_add(1);
      totals_.charged.fetch_add(cost);
      break;
  }
  return true;
}

UnixMillis BudgetSession::LogTime(Clock::time_point now) const noexcept {
  return log_time_ + std::chrono::duration_cast<milliseconds>(now - log_time_at_);
}

bool BudgetSession::GiveUp(std::string why) {
  why.resize(std::min(why.size(), kMaxWhy));
  why_ = std::move(why);
  return false;
}

}  // namespace stile
