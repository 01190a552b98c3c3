#ifndef STILE_TESTS_SIMULATION_STORE_COURIER_H_
#define STILE_TESTS_SIMULATION_STORE_COURIER_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>

#include "challenge/unix_millis.h"
#include "service/own_spends.h"
#include "tests/simulation/store_network.h"
#include "tests/simulation/world.h"
#include "verifier/local_spends.h"
#include "verifier/spend_epochs.h"

namespace stile::simulation {

// What a node's thread does that asks the store (service/redis_spends.cc), on the simulation's
// time: connects, checks the contract, carries out the epochs' orders and asks questions, each with
// a time limit. Epochs, blocks, the contract and what a node remembers by itself are the real ones.
// Its end is its process's: nothing that is under way finds it again.
class StoreCourier {
 public:
  using Answered = std::function<void(const SpendAnswer&)>;
  using Clock = std::function<UnixMillis()>;

  static constexpr std::size_t kRoom = 64;  // Questions that may wait.

  // `local` is for Mode::kStoreOrLocal.
  StoreCourier(World& world, std::size_t node, std::uint64_t boot, Clock clock,
               std::shared_ptr<LocalSpends> local);

  [[nodiscard]] bool Issue(std::uint32_t seconds, SpendGrant& out);
  // `text` is what came in: only a mutant looks at it. `answered` is called once, within the limit.
  void Ask(const SpendQuestion& question, const std::string& text, Answered answered);
  // Now and then: what is due.
  void Tick();

  // The most questions that waited or were under way at a time.
  [[nodiscard]] std::size_t most_waiting() const noexcept { return most_waiting_; }
  [[nodiscard]] const SpendEpochs& epochs() const noexcept { return epochs_; }

 private:
  struct Question {
    SpendQuestion question;
    std::string text;
    Answered answered;
    bool sent = false;
  };

  [[nodiscard]] bool IsLocal() const noexcept { return local_ != nullptr; }
  void Connect();
  void OnInfo(const StoreReply& reply);
  void SendOrder();
  void SendQuestions();
  void Say(StoreCommand command, StoreNetwork::Replied done, bool waits = false);
  void OnSpent(std::uint64_t ticket, const StoreReply& reply);
  void LookThenMark(std::uint64_t ticket, const SpendQuestion& question);
  void Answer(std::uint64_t ticket, SpendEpochs::SpendReply reply, bool confirmed);
  void Deliver(std::uint64_t ticket, const SpendAnswer& answer);
  void Drop();
  [[nodiscard]] SpendAnswer Alone(const SpendQuestion& question);

  World& world_;
  std::size_t node_;
  std::uint64_t boot_;
  Clock clock_;
  std::shared_ptr<LocalSpends> local_;
  SpendEpochs epochs_;
  OwnSpends own_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);

  StoreNetwork::ConnectionId connection_ = 0;
  bool connecting_ = false;
  bool up_ = false;  // It has served since it was connected.
  Span pause_ = 0;
  Instant recheck_at_ = 0;
  std::deque<Instant> open_ends_;  // When each command was sent that has no reply yet.
  std::map<std::uint64_t, Question> questions_;
  std::uint64_t next_ticket_ = 1;
  std::size_t most_waiting_ = 0;
};

}  // namespace stile::simulation

#endif  // STILE_TESTS_SIMULATION_STORE_COURIER_H_
