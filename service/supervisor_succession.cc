// What a Supervisor does when one stiled takes over from another that runs: both parts.
#include <fcntl.h>
#include <unistd.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <absl/status/status.h>

#include "challenge/concat.h"
#include "service/handover_text.h"
#include "service/log.h"
#include "service/supervisor.h"
#include "service/wall_clock.h"

namespace stile {
namespace {

constexpr std::chrono::seconds kRetreat{5};

PlainReply Refuse(std::uint16_t status, std::string reason) {
  return ErrorReply(status, {std::move(reason)});
}

// Of what another process is handed: the socket, and whether its file comes with it.
struct Handed {
  int descriptor;
  bool owns_file;
};

}  // namespace

// --- The new process -----------------------------------------------------------------------------

bool Supervisor::ReachPredecessor() {
  const std::string& path =
      options_.take_over_from.empty() ? bound_.control_socket : options_.take_over_from;
  auto predecessor = Predecessor::Reach(path, inherited_);
  if (!predecessor.ok()) {
    Log(LogLevel::kError, "take-over-refused",
        {{"socket", path}, {"errors", std::vector<std::string>{predecessor.status().ToString()}}});
    return false;
  }
  predecessor_ = *std::move(predecessor);
  Log(LogLevel::kInfo, "taking-over",
      {{"from", predecessor_->pid()}, {"sockets", inherited_.size()}});
  return true;
}

bool Supervisor::Succeed() {
  if (!predecessor_) return true;
  const std::string& control = booted_.loaded.config.control_socket;
  const bool all = (status_ != nullptr || !IsSet(booted_.loaded.config.metrics)) &&
                   (control_ != nullptr || control.empty()) &&
                   (tcp_control_ != nullptr || !IsSet(booted_.loaded.config.control_address));
  absl::Status done = all ? predecessor_->Succeed()
                          : absl::FailedPreconditionError(
                                "the metrics address, the control socket or control.address "
                                "can't be used");
  if (!done.ok() && !absl::IsUnavailable(done)) {
    Log(LogLevel::kError, "take-over-refused",
        {{"errors", std::vector<std::string>{done.ToString()}}});
    server_->Drain(kRetreat, kRetreat / 2);  // Who was accepted meanwhile is answered.
    return false;
  }
  if (!done.ok()) {
    // It has died. There is nobody else, so this one serves.
    Log(LogLevel::kWarning, "predecessor-gone", {{"error", done.ToString()}});
  }
  server_->InheritFiles();
  inherited_.Clear(true);
  // What was revoked since this process has read the list.
  if (const absl::Status loaded = revocations_.Load(WallClock(), *counted_->revocations());
      !loaded.ok()) {
    Log(LogLevel::kError, "revocations-lost",
        {{"file", revocations_.path()}, {"error", loaded.ToString()}});
  }
  metrics_->SetPhase(Phase::kReady);
  if (status_ != nullptr) {
    status_->http().InheritFile();
    status_->Start();
  }
  BeginRun();
  const int from = predecessor_->pid();
  predecessor_.reset();
  StartSwitches();
  if (tcp_control_ != nullptr) tcp_control_->Start();
  if (control_ != nullptr) {
    control_->http().InheritFile();
    control_->Start();
  }
  Log(LogLevel::kInfo, "took-over", {{"from", from}});
  return true;
}

void Supervisor::WarnOfUnusedSockets() {
  const std::vector<std::string> unused = inherited_.Unused();
  if (unused.empty()) return;
  Log(LogLevel::kWarning, "sockets-unused",
      {{"sockets", unused},
       {"message",
        "these were handed to this process, and no listener has their address: whoever "
        "connects there waits in vain"}});
}

// --- The old process -----------------------------------------------------------------------------

PlainReply Supervisor::OrderTakeOver(const PlainPeer& peer, std::size_t from) {
  if (draining_ || drain_ordered_) return Refuse(409, "it is draining");
  if (!peer.uid || *peer.uid != ::geteuid()) {
    return Refuse(403, Concat("take over as the user who runs it: uid ", ::geteuid()));
  }
  if (successor_ && successor_->pid() != peer.pid && successor_->alive()) {
    return Refuse(409, Concat("process ", successor_->pid(), " is taking over already"));
  }
  successor_ = Successor::Of(peer.pid);
  if (!successor_) return Refuse(403, "take over from within the same PID namespace");
  std::vector<Handed> all;
  for (const ListeningSocket& socket : server_->sockets()) {
    all.push_back({socket.descriptor(), socket.owns_file()});
  }
  if (status_ != nullptr)
    all.push_back({status_->http().descriptor(), status_->http().owns_file()});
  for (ControlListener* control : {control_.get(), tcp_control_.get()}) {
    if (control == nullptr) continue;
    all.push_back({control->http().descriptor(), control->http().owns_file()});
  }
  HandoverText text;
  text.pid = ::getpid();
  text.total = all.size();
  std::vector<int> duplicates;
  for (std::size_t i = from; i < all.size() && i - from < HandoverText::kMostAtOnce; ++i) {
    const int duplicate = ::fcntl(all[i].descriptor, F_DUPFD_CLOEXEC, 0);
    if (duplicate < 0) break;
    duplicates.push_back(duplicate);
    text.owns_file.push_back(all[i].owns_file);
  }
  const bool complete = !duplicates.empty() || from >= all.size();
  auto passed = std::make_shared<const PassedDescriptors>(std::move(duplicates));
  if (!complete) return Refuse(503, "it has no descriptor left");
  if (from == 0) Log(LogLevel::kInfo, "handing-over", {{"to", successor_->pid()}});
  return {200, "text/plain", text.Format(), std::move(passed)};
}

PlainReply Supervisor::OrderSucceed(const PlainPeer& peer) {
  if (draining_ || drain_ordered_) return Refuse(409, "it is draining");
  if (!successor_ || peer.pid != successor_->pid()) {
    return Refuse(409, "it has handed its sockets to nobody, or to somebody else");
  }
  succeeded_ = drain_ordered_ = true;
  LeaveToSuccessor();
  return {200, "application/json", "{}\n"};
}

void Supervisor::LeaveToSuccessor() {
  Log(LogLevel::kInfo, "handed-over", {{"to", successor_->pid()}});
  server_->LeaveFiles();
  if (status_ != nullptr) status_->http().Leave();
  if (control_ != nullptr) control_->http().Leave();
  if (tcp_control_ != nullptr) tcp_control_->http().Leave();
  switches_->Stop();  // What was ordered is kept for the successor, who is heard from here on.
  desk_.Close();      // What it is told from here on would be forgotten.
  notify_.HandOver(successor_->pid());
}

}  // namespace stile
