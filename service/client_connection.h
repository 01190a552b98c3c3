#ifndef STILE_SERVICE_CLIENT_CONNECTION_H_
#define STILE_SERVICE_CLIENT_CONNECTION_H_

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory>
#include <string_view>

#include "engine/answer.h"
#include "engine/engine.h"
#include "engine/siteverify.h"
#include "service/byte_buffer.h"
#include "service/client_address.h"
#include "service/connection.h"
#include "service/handler_memory.h"
#include "service/listener.h"
#include "service/origin_exchange.h"
#include "service/request_body.h"
#include "service/request_head.h"
#include "service/stream_socket.h"
#include "service/transport.h"
#include "verifier/gate.h"
#include "verifier/puzzle_check.h"
#include "verifier/request.h"

namespace stile {

class EventLoop;

// One client's connection: reads its requests one after the other, asks the engine about each, and
// answers it or has it exchanged with the origin. Requests that a client sends ahead wait in the
// buffer, and in the kernel beyond it.
class ClientConnection final : public Connection {
 public:
  ClientConnection(EventLoop& loop, Transport socket, std::shared_ptr<const ListenerPlan> plan,
                   const ConnectionPeer& peer);

  // `received` is what has been read from the socket already.
  void Start(std::string_view received = {});
  // Says that the listener speaks TLS to a client that doesn't, and no more.
  void StartRefused();
  void Close() noexcept override;
  void BeginDrain() override;
  void OnDeadline() override;

  // Held by whatever calls into the connection: keeps it alive, and arms its deadline at the end.
  // If that is an exception, it closes the connection, as Guard does.
  class Turn {
   public:
    explicit Turn(ClientConnection& connection) noexcept : connection_(&connection) {}
    Turn(const Turn&) = delete;
    Turn& operator=(const Turn&) = delete;
    ~Turn() {
      if (std::uncaught_exceptions() != 0) {
        connection_->Close();
      } else {
        connection_->ArmDeadline();
      }
    }

   private:
    boost::intrusive_ptr<ClientConnection> connection_;
  };

  // The store's answer to the question that this connection waits with.
  void OnSpendAnswer(const SpendAnswer& answer);
  // What came of the solution that this connection waits with.
  void OnChecked(PuzzleCheck::State outcome);

  // For the exchange.
  [[nodiscard]] ByteBuffer& in() noexcept { return in_; }
  [[nodiscard]] ByteBuffer& out() noexcept { return out_; }  // Untouched while writing().
  [[nodiscard]] bool writing() const noexcept { return writing_; }
  [[nodiscard]] bool http_1_1() const noexcept { return http_1_1_; }
  [[nodiscard]] bool to_head() const noexcept { return to_head_; }
  [[nodiscard]] bool keep_alive() const noexcept { return keep_alive_; }
  void set_keep_alive(bool keep_alive) noexcept { keep_alive_ = keep_alive; }
  // Sends what is in out(); after kPending the exchange hears OnClientWritten.
  [[nodiscard]] Flushed Flush();
  void ReadContent();                 // Within the body's timeout; the exchange hears OnClientRead.
  void Watch();                       // Notices a client that goes; buffers what it sends ahead.
  [[nodiscard]] bool SendContinue();  // False if the connection is closed.
  void EndExchange(bool content_read);
  void FailExchange(std::uint16_t status, bool content_read);
  void BecomeTunnel(UpstreamConnection& upstream);

 private:
  enum class Phase : std::uint8_t {
    kHead,      // Reads a head, or waits for one.
    kContent,   // Reads content for the engine.
    kExchange,  // The origin answers.
    kStore,     // The store of spends is asked.
    kCheck,     // A solution is checked elsewhere.
    kAnswer,    // An answer of ours is being sent.
    kLinger,    // All is said; the client is listened to a little, so that it can hear.
    kClosed
  };

  void Read(std::size_t room);
  void OnRead(const SocketError& error, std::size_t size);
  void OnEnd();
  void Write();
  void OnWritten(const SocketError& error, std::size_t size);
  void ArmDeadline() noexcept;
  void NoteContent(std::size_t size);

  void ReadHeads();
  void ReadMoreHeads();  // In the next turn.
  void AwaitHead();
  void OnHead(std::size_t size);
  void Refuse(const HeadResult& result);
  void RefuseRequest(std::uint16_t status);
  [[nodiscard]] const Engine& ChooseFor(const Engine& entered, Request& request) noexcept;
  [[nodiscard]] std::uint16_t PinnedSite(const Engine& engine) const noexcept;
  void BecomeGrpc();
  void BeginContent();
  void PumpContent();
  void Serve(const Engine& engine, Request& request, std::string_view content, bool content_read);
  void Forward(const Engine& engine, const Request& request, std::string_view renewal);
  void OnSiteverifyHead();
  void RefuseSiteverify(bool content_read);
  void ServeSiteverify(std::string_view content);
  void ServeContent(const Engine& engine, const Request& request, const Decision& decision,
                    std::string_view content);
  void EndCheck();
  void OnCheckTimeout();
  void EndSpendWait(const SpendAnswer& answer);
  void OnSpendTimeout();
  void AnswerSiteverify(const SiteverifyQuestion& question, const SpendAnswer& spend,
                        bool content_read);
  void Send(const Answer& answer, bool content_read);
  void EndAnswer();
  void Linger();
  void Part();
  void Trim() noexcept;

  EventLoop& loop_;
  std::shared_ptr<const ListenerPlan> plan_;
  Transport socket_;
  ConnectionPeer peer_;

  Phase phase_ = Phase::kHead;
  bool reading_ = false;   // A read is pending, and takes in_'s free end once it has something.
  bool writing_ = false;   // out_ belongs to a pending write.
  bool ended_ = false;     // The client sends nothing more.
  bool in_heads_ = false;  // ReadHeads is on the stack, or goes on in the next turn.
  bool http_1_1_ = true;
  bool keep_alive_ = false;
  bool to_head_ = false;
  bool awaits_first_byte_ = false;  // The read deadline is that of an idle connection.
  bool unread_ = false;             // Content, or worse, follows what was answered.
  std::size_t head_size_ = 0;       // Bytes of in_ that head_ describes; 0 once they are consumed.
  std::size_t lingered_ = 0;        // Bytes.
  Instant read_deadline_ = Instant::max();
  Instant write_deadline_ = Instant::max();
  // What is left of body_timeout for a client that content is awaited from, and what has come of it
  // since that was last made whole. The same of bytes that it takes.
  std::chrono::milliseconds content_time_{0};
  std::size_t content_come_ = 0;
  std::size_t taken_ = 0;

  ByteBuffer in_;
  ByteBuffer out_;
  ByteBuffer content_;    // For the engine.
  ByteBuffer kept_head_;  // The head while content is read.
  RequestBody content_body_;
  ClientOrigin origin_;
  HandlerMemory read_memory_;
  HandlerMemory write_memory_;
  OriginExchange exchange_;
  std::unique_ptr<SiteverifyQuestion> waiting_;  // For the store.
  // A solution that is checked elsewhere, which came at that time.
  struct Checking {
    PuzzleCheck check;
    UnixMillis came;
  };
  std::unique_ptr<Checking> checking_;
  std::uint64_t ticket_ = 0;  // Of the question or the check; 0: none is open.
  RequestHead head_;
};

}  // namespace stile

#endif  // STILE_SERVICE_CLIENT_CONNECTION_H_
