#include "bench/attack/gpu/compile.h"

#include <dlfcn.h>
#include <stdio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <sstream>

#include "bench/attack/gpu/bench_function.h"
#include "bench/attack/gpu/hashwx_text.h"

namespace stile::gpu {
namespace {

double CpuSeconds() {
  timespec now{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

// The few calls of NVRTC that this needs, found at run time.
class Nvrtc {
 public:
  Nvrtc() {
    for (const char* name : {"libnvrtc.so", "libnvrtc.so.13", "libnvrtc.so.12"}) {
      library_ = dlopen(name, RTLD_NOW);
      if (library_ != nullptr) break;
    }
    if (library_ == nullptr) return;
    Find("nvrtcCreateProgram", create_);
    Find("nvrtcCompileProgram", compile_);
    Find("nvrtcGetCUBINSize", cubin_size_);
    Find("nvrtcGetCUBIN", cubin_);
    Find("nvrtcGetProgramLogSize", log_size_);
    Find("nvrtcGetProgramLog", log_);
  }
  bool IsThere() const { return library_ != nullptr && cubin_ != nullptr && log_ != nullptr; }

  std::string Compile(const std::string& text, const std::string& architecture) const {
    void* program = nullptr;
    const std::string option = "--gpu-architecture=" + architecture;
    const char* options[] = {option.c_str()};
    if (create_(&program, text.c_str(), "function.cu", 0, nullptr, nullptr) != 0) return {};
    std::string cubin;
    size_t size = 0;
    if (compile_(program, 1, options) == 0) {
      cubin_size_(program, &size);
      cubin.resize(size);
      cubin_(program, cubin.data());
    } else {
      log_size_(program, &size);
      std::string log(size, ' ');
      log_(program, log.data());
      fprintf(stderr, "%s\n", log.c_str());
    }
    return cubin;
  }

 private:
  template <typename Function>
  void Find(const char* name, Function& function) {
    function = reinterpret_cast<Function>(dlsym(library_, name));
  }

  void* library_ = nullptr;
  int (*create_)(void**, const char*, const char*, int, const char* const*,
                 const char* const*) = nullptr;
  int (*compile_)(void*, int, const char* const*) = nullptr;
  int (*cubin_size_)(void*, size_t*) = nullptr;
  int (*cubin_)(void*, char*) = nullptr;
  int (*log_size_)(void*, size_t*) = nullptr;
  int (*log_)(void*, char*) = nullptr;
};

std::string PathOf(const std::string& folder, int index) {
  return folder + "/" + std::to_string(index);
}

// A worker's share, into files.
void CompileShare(const Nvrtc& nvrtc, int first, int step, int count, int block,
                  bool shared_scratch, const std::string& architecture, const std::string& folder) {
  for (int i = first; i < count; i += step) {
    const double start = CpuSeconds();
    const std::string text =
        HashwxTextHead() + HashwxText(BenchFunction(i), "search", block, shared_scratch);
    const double written = CpuSeconds();
    const std::string cubin = nvrtc.Compile(text, architecture);
    const double compiled = CpuSeconds();
    std::ofstream(PathOf(folder, i), std::ios::binary) << cubin;
    std::ofstream(PathOf(folder, i) + ".seconds")
        << written - start << ' ' << compiled - written << '\n';
  }
}

CompiledFunction Collect(const std::string& path) {
  CompiledFunction function;
  std::ostringstream cubin;
  cubin << std::ifstream(path, std::ios::binary).rdbuf();
  function.cubin = cubin.str();
  std::ifstream(path + ".seconds") >> function.text_seconds >> function.compile_seconds;
  unlink(path.c_str());
  unlink((path + ".seconds").c_str());
  return function;
}

}  // namespace

std::vector<CompiledFunction> CompileFunctions(int count, int block, bool shared_scratch,
                                               const std::string& architecture, int workers) {
  const Nvrtc nvrtc;
  if (!nvrtc.IsThere()) {
    fprintf(stderr, "no NVRTC: compiled functions aren't measured\n");
    return {};
  }
  char folder[] = "/tmp/stile-attack-XXXXXX";
  if (mkdtemp(folder) == nullptr) return {};
  std::vector<pid_t> children;
  for (int worker = 0; worker < workers; ++worker) {
    const pid_t child = fork();
    if (child == 0) {
      CompileShare(nvrtc, worker, workers, count, block, shared_scratch, architecture, folder);
      _exit(0);
    }
    if (child > 0) children.push_back(child);
  }
  for (const pid_t child : children) waitpid(child, nullptr, 0);
  std::vector<CompiledFunction> functions;
  for (int i = 0; i < count; ++i) {
    functions.push_back(Collect(PathOf(folder, i)));
    if (functions.back().cubin.empty()) {
      fprintf(stderr, "function %d didn't compile\n", i);
      functions.clear();
      break;
    }
  }
  rmdir(folder);
  return functions;
}

}  // namespace stile::gpu
