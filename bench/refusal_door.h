#ifndef STILE_BENCH_REFUSAL_DOOR_H_
#define STILE_BENCH_REFUSAL_DOOR_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "engine/engine_slot.h"
#include "service/byte_buffer.h"
#include "service/client_address.h"
#include "service/fact_finder.h"
#include "service/request_head.h"
#include "service/server.h"

namespace stile::bench {

// What a request got: the answer's status, and its bytes with head and body.
struct Refusal {
  std::uint16_t status = 0;
  std::size_t bytes = 0;
};

// stiled without its sockets: the bytes of a request in, those of its answer out, through the parts
// that a connection takes them through, on the default policy with a rule of the site's own that
// denies /private/*. The kernel and the refusal log are left out.
class RefusalDoor {
 public:
  RefusalDoor();

  // As a gateway that the fixture's client is connected to.
  Refusal Serve(std::string_view request, UnixMillis now);
  // As a check listener that a trusted proxy asks over a unix socket.
  Refusal Ask(std::string_view request, UnixMillis now);
  // As a gateway whose client has sent no whole head in time.
  Refusal TimeOut();

  // How often the engine came to `verdict`: about a clearance, or about a solution.
  [[nodiscard]] std::uint64_t Decided(Verdict verdict) const;
  [[nodiscard]] std::uint64_t Redeemed(Verdict verdict) const;

 private:
  [[nodiscard]] Refusal Write(const Answer& answer, bool keep_alive);

  EngineSlot slot_;
  std::unique_ptr<Worker> worker_;
  LoopCounters counters_;
  FactFinder facts_;
  ClientAddressRule direct_;
  ClientAddressRule behind_proxy_;
  ConnectionPeer client_;
  RequestHead head_;
  Answer answer_;
  ByteBuffer out_;
};

}  // namespace stile::bench

#endif  // STILE_BENCH_REFUSAL_DOOR_H_
