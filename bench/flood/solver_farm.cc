#include "bench/flood/solver_farm.h"

namespace stile::bench {

using Wants = std::function<bool(std::uint32_t)>;

const std::vector<SolverFarm::Solved>& SolverFarm::Work(double seconds, double now,
                                                        const Wants& wants) {
  ready_.clear();
  if (options_.gpus > 0) WorkOn(gpus_, options_.gpus, seconds, now, true, wants);
  if (options_.cores > 0) WorkOn(cores_, options_.cores, seconds, now, false, wants);
  return ready_;
}

void SolverFarm::WorkOn(Machines& machines, double count, double seconds, double now, bool gpu,
                        const Wants& wants) {
  for (double left = count * seconds; left > 0;) {
    if (!machines.busy && !Begin(machines, now, gpu, wants)) return;
    if (machines.left > left) {
      machines.left -= left;
      machines.used += left;
      return;
    }
    left -= machines.left;
    machines.used += machines.left;
    machines.busy = false;
    ready_.push_back(machines.at_hand);
    solved_ += 1;
  }
}

bool SolverFarm::Begin(Machines& machines, double now, bool gpu, const Wants& wants) {
  const bool sha256 = !avoids_sha256_ && loop_.Offers(Puzzle::kSha256, now);
  if (gpu && !sha256) return false;
  while (!queue_.empty() && !wants(queue_.front().bot)) queue_.pop_front();
  if (queue_.empty() || (gpu && queue_.front().hashwx_only)) return false;
  const Job job = queue_.front();
  queue_.pop_front();
  const Door::Challenge challenge = door_.Ask(job.prefix, now);
  Puzzle puzzle = gpu ? Puzzle::kSha256 : Puzzle::kHashwx;
  if (!gpu && sha256 && !job.hashwx_only &&
      door_.EffortOf(challenge, Puzzle::kSha256) / options_.sha256_rate <
          door_.EffortOf(challenge, Puzzle::kHashwx) / options_.hashwx_rate) {
    puzzle = Puzzle::kSha256;
  }
  machines.at_hand = {job.bot, challenge, puzzle};
  machines.left = SecondsFor(challenge, puzzle, gpu);
  machines.busy = true;
  return true;
}

double SolverFarm::SecondsFor(const Door::Challenge& challenge, Puzzle puzzle, bool gpu) {
  const double rate = gpu                         ? options_.gpu_sha256_rate
                      : puzzle == Puzzle::kSha256 ? options_.sha256_rate
                                                  : options_.hashwx_rate;
  return dice_.Work(door_.EffortOf(challenge, puzzle), door_.PartsOf(puzzle)) / rate;
}

SolverFarm::Bill SolverFarm::bill() const noexcept {
  Bill bill{cores_.used, gpus_.used, solved_, 0};
  bill.eur = (bill.core_seconds * options_.eur_per_core_hour +
              bill.gpu_seconds * options_.eur_per_gpu_hour) /
             3'600;
  return bill;
}

}  // namespace stile::bench
