# sparkgate. `make help` lists the targets.

.DELETE_ON_ERROR:
.SUFFIXES:
MAKEFLAGS += --no-builtin-rules

CC      ?= gcc
BUILD   ?= build
CSTD    := -std=c11 -D_GNU_SOURCE -Iwebhook -I. -I$(BUILD)/gen
WARN    := -Wall -Wextra -Wpedantic -Wshadow -Wvla -Wconversion -Wformat=2 -Wstrict-prototypes -Wmissing-prototypes \
           -Wwrite-strings -Wcast-qual -Wundef -Wpointer-arith -Werror
HARDEN  := -fno-common -fstack-protector-strong -D_FORTIFY_SOURCE=2 -fPIE -ftrivial-auto-var-init=zero
LIBS    := -lmicrohttpd -lgnutls -lcjson -lyaml -lcurl -lssl -lcrypto -lm -lpthread
SANFLAG := -O1 -g -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer

SRC     := $(sort $(wildcard webhook/*.c webhook/*/*.c webhook/*/*/*.c certs/*.c))
LIBSRC  := $(filter-out webhook/main.c,$(SRC))
OBJ     := $(SRC:%.c=$(BUILD)/obj/%.o)
SANOBJ  := $(LIBSRC:%.c=$(BUILD)/san/%.o)
UNIT    := $(patsubst tests/unit/%.c,$(BUILD)/unit/%,$(sort $(wildcard tests/unit/test_*.c)))

all: $(BUILD)/sparkgate

$(BUILD)/sparkgate: $(OBJ)
	$(CC) -pie -Wl,-z,relro,-z,now -o $@ $^ $(LIBS)

$(BUILD)/obj/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(CSTD) $(WARN) $(HARDEN) -O2 -g -MMD -MP -c -o $@ $<

$(BUILD)/san/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(CSTD) $(WARN) $(SANFLAG) -MMD -MP -c -o $@ $<

$(BUILD)/unit/%: tests/unit/%.c $(SANOBJ)
	@mkdir -p $(@D)
	$(CC) $(CSTD) $(WARN) -Itests/unit $(SANFLAG) -MMD -MP -o $@ $< $(SANOBJ) -lcriterion $(LIBS)

-include $(OBJ:.o=.d) $(SANOBJ:.o=.d) $(UNIT:%=%.d)

clean:
	rm -rf $(BUILD)

.PHONY: all clean
