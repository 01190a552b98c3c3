#include "service/redis_session.h"

#include <algorithm>
#include <exception>
#include <initializer_list>
#include <utility>

#include "challenge/concat.h"
#include "service/redis_contract.h"

namespace stile {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kRecheckEvery{2'000};
// Together less than a second, within which whoever watches is to hear that it hangs. A server that
// is merely busy, with a snapshot or a long script, answers sooner.
constexpr milliseconds kProbeAfter{200};  // Of silence.
constexpr milliseconds kLeastPatience{500};
constexpr int kMaxTries = 3;
constexpr std::size_t kMaxWhy = 256;  // What a server says may be long.

constexpr std::size_t kMaxKind = 32;  // Of an error's first word.

std::string_view KindOfError(const RedisReply& reply) {
  return reply.kind == RedisReply::Kind::kError ? std::string_view(reply.text)
                                                : "it answers something else than was asked for";
}

}  // namespace

RedisSession::RedisSession(std::unique_ptr<RedisConnection> connection, const RedisOptions& options,
                           SpendEpochs& epochs, Answered answered)
    : connection_(std::move(connection)),
      options_(options),
      epochs_(epochs),
      answered_(std::move(answered)),
      sentinel_(SentinelKey(options.config.key_prefix)) {}

RedisSession::~RedisSession() {
  for (const Sent& command : sent_) Answer(command.questions, {}, false);
}

void RedisSession::Greet(const SecretBytes& password, Clock::time_point now) {
  if (password.size() != 0) {
    connection_->AppendAuth(options_.config.username, password);
    sent_.push_back({.kind = Kind::kAuth, .at = now});
  }
  AskContract(now);
  LoadScripts(now);
}

void RedisSession::Say(std::initializer_list<std::string_view> words) {
  connection_->Append(std::span(words.begin(), words.size()));
}

void RedisSession::AskContract(Clock::time_point now) {
  connection_->Append(kRedisContractQuestion);
  sent_.push_back({.kind = Kind::kInfo, .at = now});
  asks_contract_ = true;
  recheck_at_ = now + kRecheckEvery;
}

void RedisSession::LoadScripts(Clock::time_point now) {
  for (std::size_t i = 0; i < kRedisScriptCount; ++i) {
    const auto script = static_cast<RedisScript>(i);
    Say({"SCRIPT", "LOAD", RedisScriptText(script)});
    sent_.push_back({.kind = Kind::kLoad, .at = now, .script = script});
  }
}

// `command` is a script. Without memory for it, it is left as it was.
void RedisSession::Send(Sent&& command, Clock::time_point now) {
  std::vector<std::string_view> words = {"EVALSHA",
                                         names_[static_cast<std::size_t>(command.script)]};
  words.insert(words.end(), command.words.begin(), command.words.end());
  connection_->Append(words);
  command.at = now;
  const bool waits = command.kind == Kind::kSpend && options_.config.wait_replicas != 0;
  sent_.push_back(std::move(command));
  if (!waits) return;
  Say({"WAIT", std::to_string(options_.config.wait_replicas),
       std::to_string(options_.config.wait_timeout.count())});
  sent_.push_back({.kind = Kind::kWait, .at = now});
}

void RedisSession::SendOrder(UnixMillis wall, Clock::time_point now) {
  const SpendEpochs::Order order = epochs_.Next(wall);
  Sent command{.at = now};
  switch (order.step) {
    case SpendEpochs::Step::kNone:
      return;
    case SpendEpochs::Step::kAdopt:
      command.kind = Kind::kAdopt;
      command.script = RedisScript::kAdopt;
      command.words = {"1", sentinel_, std::to_string(order.epoch), std::to_string(wall.Seconds())};
      break;
    case SpendEpochs::Step::kOpen: {
      const SpendId id{options_.node, options_.boot, order.epoch, 0};
      command.kind = Kind::kOpen;
      command.script = RedisScript::kOpen;
      command.words = {"2",
                       sentinel_,
                       BlockKey(options_.config.key_prefix, id, order.block),
                       std::to_string(order.epoch),
                       std::to_string(order.bytes),
                       std::to_string(order.keep.count())};
      break;
    }
  }
  Send(std::move(command), now);
}

bool RedisSession::Tend(UnixMillis wall, Clock::time_point now) {
  if (!sent_.empty()) {
    // It answers one after the other, so what waits behind others isn't late yet. A WAIT may take
    // its time.
    milliseconds patience = std::max<milliseconds>(options_.config.timeout, kLeastPatience);
    if (options_.config.wait_replicas != 0) patience += options_.config.wait_timeout;
    if (now - std::max(sent_.front().at, answered_at_) > patience) {
      return GiveUp("it doesn't answer");
    }
  }
  Expire(now);
  if (!greeted_) return true;
  if (now >= recheck_at_ && !asks_contract_) {
    AskContract(now);
    epochs_.Recheck();
  }
  SendOrder(wall, now);
  if (sent_.empty() && now - answered_at_ > kProbeAfter) {
    Say({"EXISTS", sentinel_});  // As cheap as PING, and allowed to its user.
    sent_.push_back({.kind = Kind::kProbe, .at = now});
  }
  return true;
}

void RedisSession::Expire(Clock::time_point now) {
  for (Sent& command : sent_) {
    for (RedisQuestion& question : command.questions) {
      if (question.receiver == nullptr || now - question.asked < options_.config.timeout) continue;
      answered_(question, SpendEpochs::SpendReply::kNone, false);
      question.receiver = nullptr;  // What comes now comes too late.
    }
  }
}

void RedisSession::Ask(std::vector<RedisQuestion> questions, Clock::time_point now) {
  Sent command{.kind = Kind::kSpend, .at = now};
  command.questions = std::move(questions);
  ++batches_;
  try {
    command.script = WriteQuestions(command.questions, command.words);
    Send(std::move(command), now);
  } catch (const std::exception&) {  // No memory. Send took them, or it did not.
    Answer(command.questions, {}, false);
    throw;
  }
}

// Writes what asks about them to `words`, and returns the script.
RedisScript RedisSession::WriteQuestions(const std::vector<RedisQuestion>& questions,
                                         std::vector<std::string>& words) const {
  const std::string& prefix = options_.config.key_prefix;
  const bool attempts = !questions.front().question.idempotency.empty();
  std::vector<std::string> values;
  words = {std::to_string(1 + questions.size() * (attempts ? 2 : 1)), sentinel_};
  for (const RedisQuestion& question : questions) {
    const SpendId& id = question.question.id;
    const SpendEpochs::Place place = SpendEpochs::PlaceOf(id.sequence);
    words.push_back(BlockKey(prefix, id, place.block));
    values.push_back(std::to_string(id.epoch));
    values.push_back(std::to_string(place.position));
    if (!attempts) continue;
    words.push_back(AttemptKey(prefix, id));
    const IdempotencyId& attempt = question.question.idempotency;
    values.push_back(Concat(attempt.high, ".", attempt.low));
    values.push_back(
        std::to_string((options_.token_lifetime + std::chrono::minutes(1)).count() * 1'000));
  }
  words.insert(words.end(), std::make_move_iterator(values.begin()),
               std::make_move_iterator(values.end()));
  return attempts ? RedisScript::kAttempt : RedisScript::kSpend;
}

bool RedisSession::Exchange(bool readable, bool writable, UnixMillis wall, Clock::time_point now) {
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
    answered_at_ = now;
    Sent command = std::move(sent_.front());
    sent_.pop_front();
    if (!OnReply(std::move(command), std::move(reply), wall, now)) return false;
  }
}

bool RedisSession::OnReply(Sent command, RedisReply reply, UnixMillis wall, Clock::time_point now) {
  // The script never ran: a restart or SCRIPT FLUSH has made the server forget it.
  const bool is_script =
      command.kind == Kind::kAdopt || command.kind == Kind::kOpen || command.kind == Kind::kSpend;
  if (is_script && reply.IsError("NOSCRIPT") && command.tries < kMaxTries) {
    ++command.tries;
    LoadScripts(now);
    Send(std::move(command), now);
    return true;
  }
  switch (command.kind) {
    case Kind::kAuth:
      if (reply.kind == RedisReply::Kind::kText) return true;
      broke_contract_ = true;
      return GiveUp(Concat("it doesn't take the password: ", KindOfError(reply)));
    case Kind::kInfo:
      return OnInfo(reply, wall);
    case Kind::kLoad:
      return OnLoad(command.script, reply);
    case Kind::kAdopt: {
      const bool fits = reply.kind == RedisReply::Kind::kInteger && reply.integer > 0 &&
                        reply.integer <= 0xFFFFFFFF;
      if (fits && epochs_.OnAdopted(static_cast<std::uint32_t>(reply.integer))) return true;
      return GiveUp(Concat("it gives no epoch: ", KindOfError(reply)));
    }
    case Kind::kOpen: {
      using OpenReply = SpendEpochs::OpenReply;
      const bool text = reply.kind == RedisReply::Kind::kText;
      OpenReply meant = OpenReply::kNone;
      if (text && reply.text == "opened") meant = OpenReply::kOpened;
      if (text && reply.text == "taken") meant = OpenReply::kTaken;
      if (text && reply.text == "stale") meant = OpenReply::kStale;
      epochs_.OnOpen(meant, wall);
      NoteWrite(reply);
      return !reply.IsError("READONLY") || GiveUp(reply.text);
    }
    case Kind::kSpend:
      --batches_;
      return OnSpend(std::move(command), reply);
    case Kind::kWait:
      OnWait(std::move(command), reply);
      return true;
    case Kind::kProbe:
      return true;  // Whatever it says, it speaks.
  }
  return false;
}

bool RedisSession::OnInfo(const RedisReply& reply, UnixMillis wall) {
  asks_contract_ = false;
  std::vector<std::string> mistakes;
  if (reply.kind == RedisReply::Kind::kText) {
    mistakes = RedisContractMistakes(reply.text, wall, options_.skew);
  } else {
    mistakes.push_back(Concat("INFO is refused: ", KindOfError(reply)));
  }
  if (mistakes.empty()) return true;
  broke_contract_ = true;
  std::string all;
  for (const std::string& mistake : mistakes) all += Concat(all.empty() ? "" : "; ", mistake);
  return GiveUp(std::move(all));
}

bool RedisSession::OnLoad(RedisScript script, const RedisReply& reply) {
  if (reply.kind != RedisReply::Kind::kText || reply.text.size() != 40) {
    return GiveUp(Concat("it doesn't take a script: ", KindOfError(reply)));
  }
  names_[static_cast<std::size_t>(script)] = reply.text;
  if (!greeted_ && static_cast<std::size_t>(script) + 1 == kRedisScriptCount) {
    greeted_ = true;
    epochs_.OnConnect();
  }
  return true;
}

// Of what takes more memory: a block, or an attempt.
void RedisSession::NoteWrite(const RedisReply& reply) {
  refusal_.clear();
  if (reply.kind == RedisReply::Kind::kError) {
    refusal_ = reply.text.substr(0, std::min(reply.text.find(' '), kMaxKind));
  }
}

bool RedisSession::OnSpend(Sent command, const RedisReply& reply) {
  if (command.script == RedisScript::kAttempt) NoteWrite(reply);
  if (reply.kind == RedisReply::Kind::kError) {
    Answer(command.questions, {}, false);
    // Another server is the master now.
    return !reply.IsError("READONLY") || GiveUp(reply.text);
  }
  const bool shaped = reply.kind == RedisReply::Kind::kArray && reply.parts.size() == 2 &&
                      reply.parts[0].kind == RedisReply::Kind::kInteger &&
                      reply.parts[0].integer >= 0 && reply.parts[0].integer <= 0xFFFFFFFF &&
                      reply.parts[1].kind == RedisReply::Kind::kText;
  const auto epoch = shaped ? static_cast<std::uint32_t>(reply.parts[0].integer) : 0;
  const std::string_view letters = shaped ? std::string_view(reply.parts[1].text) : "";
  if (!shaped || letters.size() != (epoch == 0 ? 0 : command.questions.size())) {
    Answer(command.questions, {}, false);
    return GiveUp("it answers something else than was asked for");
  }
  epochs_.OnStoreEpoch(epoch);
  if (options_.config.wait_replicas == 0 || epoch == 0) {
    Answer(command.questions, letters, true);
    return true;
  }
  // Its WAIT is right behind it.
  sent_.front().letters = letters;
  sent_.front().questions = std::move(command.questions);
  return true;
}

void RedisSession::OnWait(Sent command, const RedisReply& reply) {
  const bool confirmed = reply.kind == RedisReply::Kind::kInteger &&
                         reply.integer >= static_cast<std::int64_t>(options_.config.wait_replicas);
  Answer(command.questions, command.letters, confirmed);
}

// Without letters there is no reply to any.
void RedisSession::Answer(const std::vector<RedisQuestion>& questions, std::string_view letters,
                          bool confirmed) {
  for (std::size_t i = 0; i < questions.size(); ++i) {
    if (questions[i].receiver == nullptr) continue;
    const char letter = i < letters.size() ? letters[i] : '\0';
    answered_(questions[i], SpendEpochs::SpendReplyOf(letter), confirmed);
  }
}

bool RedisSession::GiveUp(std::string why) {
  why_ = std::move(why);
  if (why_.size() > kMaxWhy) why_ = Concat(std::string_view(why_).substr(0, kMaxWhy), " ...");
  return false;
}

}  // namespace stile
