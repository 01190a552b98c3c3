#ifndef STILE_BENCH_PROXIES_SPOP_YES_H_
#define STILE_BENCH_PROXIES_SPOP_YES_H_

#include <cstddef>
#include <string>
#include <string_view>

namespace stile::bench {

// The least of all SPOP agents, for HAProxy alone: it reads no argument and says yes to every
// question, as frames of the Stream Processing Offload Protocol 2.0 (HAProxy's doc/SPOE.txt, 3.2).
struct SpopReply {
  std::size_t taken = 0;  // Bytes of what came, a whole frame; 0: it is not whole yet.
  bool question = false;  // It was one, and is answered.
  bool ends = false;      // The connection ends now.
};

// Reads the frame that `bytes` begin with, and appends what the agent says to it to `out`.
[[nodiscard]] SpopReply AnswerSpop(std::string_view bytes, std::string& out);

}  // namespace stile::bench

#endif  // STILE_BENCH_PROXIES_SPOP_YES_H_
