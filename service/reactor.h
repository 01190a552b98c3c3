#ifndef STILE_SERVICE_REACTOR_H_
#define STILE_SERVICE_REACTOR_H_

#include <sys/epoll.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>

namespace stile {

class SocketChannel;

// What one thread waits for: descriptors, and tasks that other threads give it. Asio's own reactor
// costs a request one system call that fails and some hundred nanoseconds; this one costs nothing
// but its share of an epoll_wait. Everything but Post is called on the reactor's thread, or before
// it turns.
class Reactor {
 public:
  // Something that has a descriptor.
  class Watcher {
   public:
    // `events` are those of epoll. May close any descriptor. Ends what it finds no memory for.
    virtual void OnReady(std::uint32_t events) noexcept = 0;

    // True for one that others go before where there is more to do than time.
    [[nodiscard]] bool yields() const noexcept { return yields_; }
    void set_yields(bool yields) noexcept { yields_ = yields; }

   protected:
    ~Watcher() = default;

   private:
    bool yields_ = false;
  };

  Reactor();
  ~Reactor();
  Reactor(const Reactor&) = delete;
  Reactor& operator=(const Reactor&) = delete;

  // False if the process has no descriptors left for it: then nothing can be watched.
  [[nodiscard]] bool ok() const noexcept { return epoll_ >= 0 && alarm_ >= 0; }

  // Each returns 0 or an errno. The watcher outlives the turn in which it is forgotten.
  [[nodiscard]] int Watch(int descriptor, std::uint32_t events, Watcher& watcher) noexcept;
  int Change(int descriptor, std::uint32_t events, Watcher& watcher) noexcept;
  void Forget(int descriptor) noexcept;

  // Runs `task` on the reactor's thread. Any thread.
  template <typename Task>
  void Post(Task task) {
    boost::asio::post(tasks_, std::move(task));
    Wake();
  }

  // Runs what is owed: tasks, and operations that needn't wait or were ended before they were done.
  // A task that finds no memory ends, and the others are run.
  void RunOwed() noexcept;
  // Waits once: at most `patience` milliseconds, -1: for ever; not at all while something is owed.
  // Whatever is to happen before it must have happened: RunOwed comes right before it.
  void Wait(int patience) noexcept {
    Await(patience, kUsual);
    Serve();
  }

  // The two halves of Wait: what happens between them knows what is ahead. Finds up to `most`
  // events, kMost at the most.
  static constexpr int kUsual = 256;
  static constexpr int kMost = 1024;
  void Await(int patience, int most) noexcept;
  // Serves what was found: those that yield last, if `in_order` says so.
  void Serve(bool in_order = false) noexcept;
  // What was found is all that there was room for, so there may be more.
  [[nodiscard]] bool found_all_it_can() const noexcept { return found_all_it_can_; }
  // Somebody has woken the reactor, or Mark has.
  [[nodiscard]] bool found_alarm() const noexcept { return found_alarm_; }
  // Makes an event behind all that are ready now.
  void Mark() noexcept { Wake(); }

  // For Asio's resolver, whose results are tasks that wake nobody: while lookups are under way the
  // tasks are looked after all the same.
  [[nodiscard]] boost::asio::io_context& tasks() noexcept { return tasks_; }
  void BeginLookup() noexcept { ++lookups_; }
  void EndLookup() noexcept { --lookups_; }

  // For StreamSocket. A channel that was returned is used again after the turn at the earliest.
  [[nodiscard]] std::unique_ptr<SocketChannel> NewChannel();
  void Return(std::unique_ptr<SocketChannel> channel) noexcept;
  // Has the channel's operations tried, or told of their end, before the next wait. Not one that
  // is owed.
  void Owe(SocketChannel& channel) noexcept;

 private:
  void Wake() noexcept;
  void RunChannels() noexcept;
  void Recycle() noexcept;

  int epoll_ = -1;
  int alarm_ = -1;  // An eventfd: there are tasks.
  int found_ = 0;   // Of events_.
  bool found_all_it_can_ = false;
  bool found_alarm_ = false;
  std::size_t lookups_ = 0;
  // Lists of channels, linked by themselves: to close a socket takes no memory.
  SocketChannel* first_owed_ = nullptr;
  SocketChannel* last_owed_ = nullptr;
  std::unique_ptr<SocketChannel> returned_;  // In this turn.
  std::unique_ptr<SocketChannel> free_;
  std::size_t free_count_ = 0;
  std::array<epoll_event, kMost> events_;
  // Goes first: what a task holds may have a socket.
  boost::asio::io_context tasks_;
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_;
};

}  // namespace stile

#endif  // STILE_SERVICE_REACTOR_H_
