#include "tests/simulation/interleaving.h"

#include <ucontext.h>

#include <utility>

#include "tests/simulation/stepped_atomic.h"

namespace stile::simulation {

void (*before_access)() = nullptr;

namespace {

constexpr std::size_t kStackBytes = std::size_t{64} * 1024;

}  // namespace

struct Interleaving::Process {
  ucontext_t context{};
  ucontext_t back{};
  std::unique_ptr<std::byte[]> stack = std::make_unique<std::byte[]>(kStackBytes);
  Work work;
  bool ended = false;
};

namespace {

// The process that runs; there is one thread.
void* running = nullptr;

}  // namespace

Interleaving::Interleaving() {
  for (std::size_t i = 0; i < kMostProcesses; ++i)
    processes_.push_back(std::make_unique<Process>());
}

Interleaving::~Interleaving() = default;

void Interleaving::Enter() {
  auto* const process = static_cast<Process*>(running);
  process->work();
  process->ended = true;
  before_access = nullptr;
  setcontext(&process->back);
}

void Interleaving::Pause() {
  auto* const process = static_cast<Process*>(running);
  swapcontext(&process->context, &process->back);
}

void Interleaving::Add(Work work) {
  Process& process = *processes_[size_++];
  process.work = std::move(work);
  process.ended = false;
  getcontext(&process.context);
  process.context.uc_stack.ss_sp = process.stack.get();
  process.context.uc_stack.ss_size = kStackBytes;
  process.context.uc_link = nullptr;
  makecontext(&process.context, &Interleaving::Enter, 0);
}

bool Interleaving::Ended(std::size_t process) const noexcept { return processes_[process]->ended; }

void Interleaving::Advance(std::size_t index) {
  Process& process = *processes_[index];
  if (process.ended) return;
  running = &process;
  before_access = &Interleaving::Pause;
  swapcontext(&process.back, &process.context);
  before_access = nullptr;
  running = nullptr;
}

std::size_t EveryOrder::Choose(std::size_t of) {
  if (depth_ == choices_.size()) choices_.push_back({0, of});
  return choices_[depth_++].taken;
}

bool EveryOrder::Run(Interleaving& interleaving) {
  depth_ = 0;
  std::size_t switches = 0;
  std::size_t current = interleaving.size();
  std::vector<std::size_t> open;
  while (true) {
    open.clear();
    const bool goes_on = current < interleaving.size() && !interleaving.Ended(current);
    if (goes_on) open.push_back(current);
    if (!goes_on || switches < switches_) {
      for (std::size_t i = 0; i < interleaving.size(); ++i) {
        if (!interleaving.Ended(i) && (!goes_on || i != current)) open.push_back(i);
      }
    }
    if (open.empty()) break;
    const std::size_t chosen = open.size() == 1 ? open[0] : open[Choose(open.size())];
    if (goes_on && chosen != current) ++switches;
    current = chosen;
    interleaving.Advance(current);
  }
  while (!choices_.empty() && choices_.back().taken + 1 == choices_.back().of) choices_.pop_back();
  if (choices_.empty()) return false;
  ++choices_.back().taken;
  return true;
}

}  // namespace stile::simulation
