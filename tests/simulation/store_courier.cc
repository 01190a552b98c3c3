#include "tests/simulation/store_courier.h"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <utility>
#include <vector>

#include "service/redis_contract.h"
#include "tests/simulation/store_scripts.h"

namespace stile::simulation {
namespace {

using SpendReply = SpendEpochs::SpendReply;

constexpr Span kTimeLimit = 250 * kMillisecond;  // Of a question.
constexpr Span kPatience = 1 * kSecond;          // With a connection that doesn't answer.
constexpr Span kWaitLimit = 100 * kMillisecond;  // For a replica.
constexpr Span kRecheckEvery = 2 * kSecond;
constexpr Span kFirstPause = 50 * kMillisecond;
constexpr Span kLongestPause = 2 * kSecond;

SpendEpochs::Options OptionsOf(std::size_t node, std::uint64_t boot) {
  SpendEpochs::Options options;
  options.node = static_cast<std::uint16_t>(node);
  options.boot = boot;
  return options;
}

SpendAnswer Passing() {
  SpendAnswer answer;
  answer.passing = true;
  return answer;
}

std::uint32_t NumberIn(const std::string& text) {
  std::uint32_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

}  // namespace

StoreCourier::StoreCourier(World& world, std::size_t node, std::uint64_t boot, Clock clock,
                           std::shared_ptr<LocalSpends> local)
    : world_(world),
      node_(node),
      boot_(boot),
      clock_(std::move(clock)),
      local_(std::move(local)),
      epochs_(OptionsOf(node, boot)),
      own_(SpendEpochs::Options().token_lifetime * 2 + SpendEpochs::Options().skew),
      pause_(kFirstPause) {
  Connect();
}

void StoreCourier::Connect() {
  connecting_ = true;
  const std::weak_ptr<bool> alive = alive_;
  world_.network.Connect(node_, [this, &world = world_, alive](StoreNetwork::ConnectionId id) {
    if (alive.expired()) return world.network.Close(id);  // The process it was for has died.
    connecting_ = false;
    connection_ = id;
    if (id == 0) return Drop();
    world_.network.OnBroken(id, [this, alive, id] {
      if (!alive.expired() && connection_ == id) Drop();
    });
    recheck_at_ = world_.agenda.now() + kRecheckEvery;
    Say(InfoCommand(), [this](const StoreReply& reply) {
      OnInfo(reply);
      if (connection_ == 0) return;
      epochs_.OnConnect();
      Tick();
    });
  });
}

// Every command's reply comes in its turn, or the connection is given up.
void StoreCourier::Say(StoreCommand command, StoreNetwork::Replied done, bool waits) {
  open_ends_.push_back(world_.agenda.now());
  const std::weak_ptr<bool> alive = alive_;
  auto heard = [this, alive, id = connection_, done = std::move(done)](const StoreReply& reply) {
    if (alive.expired() || connection_ != id) return;
    open_ends_.pop_front();
    done(reply);
  };
  if (waits) {
    world_.network.SendAndWait(connection_, std::move(command), kWaitLimit, std::move(heard));
  } else {
    world_.network.Send(connection_, std::move(command), std::move(heard));
  }
}

void StoreCourier::OnInfo(const StoreReply& reply) {
  std::vector<std::string> mistakes = {"INFO is refused"};
  if (reply.ok) {
    mistakes = RedisContractMistakes(reply.values[0], clock_(), SpendEpochs::Options().skew);
  }
  if (mistakes.empty()) return;
  world_.Say("node %zu: %s", node_, mistakes[0].c_str());
  Drop();
}

void StoreCourier::Tick() {
  if (connection_ == 0) return;
  const Instant now = world_.agenda.now();
  if (!open_ends_.empty() && now - open_ends_.front() > kPatience) return Drop();
  if (now >= recheck_at_) {
    recheck_at_ = now + kRecheckEvery;
    Say(InfoCommand(), [this](const StoreReply& reply) { OnInfo(reply); });
    if (connection_ == 0) return;
    epochs_.Recheck();
  }
  SendOrder();
  if (epochs_.serving()) {
    up_ = true;
    pause_ = kFirstPause;
    SendQuestions();
  }
}

void StoreCourier::SendOrder() {
  const UnixMillis wall = clock_();
  const SpendEpochs::Order order = epochs_.Next(wall);
  switch (order.step) {
    case SpendEpochs::Step::kNone:
      return;
    case SpendEpochs::Step::kAdopt:
      return Say(AdoptCommand(world_, order.epoch, wall), [this](const StoreReply& reply) {
        if (!reply.ok || !epochs_.OnAdopted(NumberIn(reply.values[0]))) return Drop();
        Tick();
      });
    case SpendEpochs::Step::kOpen:
      return Say(OpenCommand(world_, static_cast<std::uint16_t>(node_), boot_, order),
                 [this](const StoreReply& reply) {
                   using OpenReply = SpendEpochs::OpenReply;
                   OpenReply meant = OpenReply::kNone;
                   if (reply.ok && reply.values[0] == "opened") meant = OpenReply::kOpened;
                   if (reply.ok && reply.values[0] == "taken") meant = OpenReply::kTaken;
                   if (reply.ok && reply.values[0] == "stale") meant = OpenReply::kStale;
                   epochs_.OnOpen(meant, clock_());
                   if (reply.error == "READONLY") return Drop();
                   Tick();
                 });
  }
}

void StoreCourier::SendQuestions() {
  for (auto& [ticket, question] : questions_) {
    if (std::exchange(question.sent, true)) continue;
    if (world_.Is(Mutant::kGetThenSet)) {
      LookThenMark(ticket, question.question);
      continue;
    }
    if (world_.Is(Mutant::kClientChosenKey)) {
      Say(TextCommand(question.text), [this, ticket = ticket](const StoreReply& reply) {
        const char letter = reply.ok ? reply.values[0][0] : '\0';
        Answer(ticket, SpendEpochs::SpendReplyOf(letter), true);
      });
      continue;
    }
    Say(
        SpendCommand(world_, question.question),
        [this, ticket = ticket](const StoreReply& reply) { OnSpent(ticket, reply); },
        world_.mode == Mode::kStoreConfirmed);
  }
}

void StoreCourier::OnSpent(std::uint64_t ticket, const StoreReply& reply) {
  if (!reply.ok) {
    Answer(ticket, SpendReply::kNone, false);
    if (reply.error == "READONLY") Drop();
    return;
  }
  const std::uint32_t epoch = NumberIn(reply.values[0]);
  epochs_.OnStoreEpoch(epoch);
  const bool confirmed = world_.mode != Mode::kStoreConfirmed || epoch == 0 || reply.replicas > 0;
  const char letter = epoch == 0 || reply.values[1].empty() ? '\0' : reply.values[1][0];
  Answer(ticket, SpendEpochs::SpendReplyOf(letter), confirmed);
  if (!epochs_.serving()) Tick();
}

// A mutant: others can come between the two.
void StoreCourier::LookThenMark(std::uint64_t ticket, const SpendQuestion& question) {
  Say(LookCommand(world_, question), [this, ticket, question](const StoreReply& reply) {
    const bool fresh = reply.ok && reply.values[1] == "f";
    if (!fresh) return OnSpent(ticket, reply);
    Say(MarkCommand(question), [this, ticket](const StoreReply& marked) {
      Answer(ticket, marked.ok ? SpendReply::kFresh : SpendReply::kNone, true);
    });
  });
}

bool StoreCourier::Issue(std::uint32_t seconds, SpendGrant& out) {
  if (epochs_.blocks().Issue(clock_(), seconds, out)) return true;
  return IsLocal() && !up_ && local_->Issue(clock_(), seconds, out);
}

void StoreCourier::Ask(const SpendQuestion& question, const std::string& text, Answered answered) {
  if (IsLocal() && question.id.boot == local_->boot()) {
    return answered(local_->Spend(question, clock_()));
  }
  const SpendEpochs::Admission admission = epochs_.Admit(question.id);
  if (admission == SpendEpochs::Admission::kRefuse) return answered({});
  if (admission == SpendEpochs::Admission::kAway && !up_) return answered(Alone(question));
  if (questions_.size() >= kRoom) return answered(Passing());
  const std::uint64_t ticket = next_ticket_++;
  questions_.emplace(ticket, Question{question, text, std::move(answered)});
  most_waiting_ = std::max(most_waiting_, questions_.size());
  const std::weak_ptr<bool> alive = alive_;
  world_.agenda.After(kTimeLimit, [this, alive, ticket] {
    if (!alive.expired()) Deliver(ticket, Passing());
  });
  Tick();
}

void StoreCourier::Answer(std::uint64_t ticket, SpendReply reply, bool confirmed) {
  const auto found = questions_.find(ticket);
  if (found == questions_.end()) return;
  const SpendId& id = found->second.question.id;
  SpendAnswer answer = SpendEpochs::Meaning(reply, confirmed);
  if (answer.result == SpendResult::kFresh && IsLocal() && id.boot == boot_) {
    const SpendAnswer known = own_.Spend(found->second.question, clock_());
    if (!answer.repeated || known.result != SpendResult::kFresh) answer = known;
  }
  Deliver(ticket, answer);
}

void StoreCourier::Deliver(std::uint64_t ticket, const SpendAnswer& answer) {
  const auto found = questions_.find(ticket);
  if (found == questions_.end()) return;
  const Answered answered = std::move(found->second.answered);
  questions_.erase(found);
  answered(answer);
}

// The connection is gone. What was asked over it has no answer; what still waits is answered
// without the store.
void StoreCourier::Drop() {
  if (connection_ != 0) world_.network.Close(std::exchange(connection_, 0));
  open_ends_.clear();
  epochs_.OnDisconnect();
  up_ = false;
  const auto questions = std::exchange(questions_, {});
  for (const auto& [ticket, question] : questions) {
    question.answered(question.sent ? Passing() : Alone(question.question));
  }
  const std::weak_ptr<bool> alive = alive_;
  world_.agenda.After(world_.random.Between(pause_ / 2, pause_ * 3 / 2), [this, alive] {
    if (!alive.expired() && connection_ == 0 && !connecting_) Connect();
  });
  pause_ = std::min(pause_ * 2, kLongestPause);
}

SpendAnswer StoreCourier::Alone(const SpendQuestion& question) {
  const SpendId& id = question.id;
  if (!IsLocal() || id.boot != boot_ || id.node != node_) return Passing();
  return own_.Spend(question, clock_());
}

}  // namespace stile::simulation
