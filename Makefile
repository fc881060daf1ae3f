# A thin front for Meson. `make demo` and `make test` install what they need;
# `make run` is the daemon on your own state, in the foreground.
#   make run ARGS="--listen 127.0.0.1:8000"
#   make install PREFIX=/usr DESTDIR=/tmp/package    PREFIX is /usr/local else

BUILD = build
FUZZ_SECONDS = 60
ARGS =
DESTDIR =
PREFIX =
# Two that build at once take turns.
ALONE = flock Makefile

.PHONY: build run demo test lint bench fuzz install uninstall clean

build: $(BUILD)/build.ninja
	@scripts/page build
	@$(ALONE) ninja -C $(BUILD) installed

$(BUILD)/build.ninja:
	@scripts/deps build
	@scripts/deps page || echo "page: node could not be installed" >&2
	@$(ALONE) sh -c '[ -e "$@" ] || meson setup "$(BUILD)"'

run: build
	@$(BUILD)/taupe daemon $(ARGS)

demo:
	@scripts/deps demo
	@$(MAKE) --no-print-directory build
	@scripts/demo $(BUILD)/taupe

test:
	@scripts/deps test
	@scripts/test

lint:
	@scripts/deps lint
	@scripts/lint

bench:
	@scripts/deps bench
	@meson setup build-bench --buildtype=release >/dev/null
	@ninja -C build-bench
	@TAUPE=build-bench/taupe bench/run $(ARGS)

fuzz:
	@scripts/deps fuzz
	@scripts/fuzz $(FUZZ_SECONDS)

install: $(BUILD)/build.ninja
	@[ -z "$(PREFIX)" ] || meson configure $(BUILD) -Dprefix="$(PREFIX)"
	@$(MAKE) --no-print-directory build
	@DESTDIR="$(DESTDIR)" meson install -C $(BUILD) --no-rebuild

# What `make install` put there from this build folder.
uninstall:
	@ninja -C $(BUILD) uninstall

clean:
	rm -rf build build-asan build-bench build-clang build-fuzz build-tsan web/dist
