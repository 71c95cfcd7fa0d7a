/* hidden.h - what the searches for hidden functions share
 *
 * Each search (a signal) looks at one program's code and notes candidates:
 * somebody can trigger this, and it reaches that. hidden_found.c, the last one,
 * joins those of one place in the code, ranks them, and leaves them as facts;
 * the correlator hidden.c makes findings of them, with what the rest of the
 * image says.
 */
#ifndef FW_ANALYZERS_HIDDEN_H
#define FW_ANALYZERS_HIDDEN_H

#include "code/guard.h"

/* The score below which nothing is noted. */
#define HIDDEN_LEAST 0.5f

struct hidden_candidate {
	const char *signal; /* name of the analyzer that found it */
	float score;	    /* about 0 to 20; see hidden_found.c */
	uint32_t function;  /* index of a start: where it is decided */
	uint64_t at;	    /* address of the deciding compare or call */
	uint64_t block;	    /* address of the deciding block; 0: that of at */
	struct fw_view literal; /* the trigger, where it is text */
	bool is_number;
	uint64_t number;
	bool hint; /* too weak to be a finding, or on a list of places */
	const char *trigger;   /* in words, what happens: "text that is received
				  equals", "the environment variable X is" */
	const char *effect;    /* in words, what for: "starts a shell" */
	struct code_sink sink; /* where; weight 0: none */
	enum code_sink_kind sink_kind;
};

/* Words of the program's texts: a bit for each of two parts of a hash. */
struct hidden_told {
	uint8_t *bits; /* or NULL: not read yet */
	uint64_t mask;
	uint8_t *heads; /* how many texts begin alike, by a hash; or NULL */
	uint8_t *uses;	/* how often words are used, by a hash; or NULL */
	uint64_t use_mask;
};

/* One program, opened and looked over; NULL-ed by the last search. */
struct hidden_code {
	struct code_program p;
	struct fw_arena arena; /* all of it; freed by hidden_found.c */
	struct hidden_candidate *found;
	size_t found_count, found_cap;
	bool usable;
	bool files;	      /* it names files whose change opens a device */
	bool reached; /* hidden_is_reached() */
	size_t literals;      /* that its functions compare something with */
	const char *not_read; /* why it is not usable though it is a program
				 that is loaded; or NULL */
	struct hidden_told told;
	uint32_t *callers; /* edges by whom they lead to; or NULL */
	size_t caller_count;
	uint32_t *written; /* numbers that it writes, sorted; or NULL */
	size_t written_count;
	struct hidden_rights *rights; /* hidden_right.c; or NULL */
	uint8_t *marks[4]; /* room for walks over a function, by block */
	size_t mark_caps[4];
};

/* One of four rooms, a zero for each block; used again by the next call. */
uint8_t *hidden_marks(struct hidden_code *h, const struct code_function *f,
		      size_t room);

/* True for ELF programs and libraries. */
bool hidden_wants(const struct fw_object *obj);

/* The program behind an object, analysed once for all searches; NULL when it is
 * none whose code is read, or calls nothing that could matter. */
struct hidden_code *hidden_code(const struct fw_object *obj, struct fw_out *o);

/* Whether a function of a static program is the C library's. */
bool hidden_is_library(const struct hidden_code *h, uint32_t function);

/* Notes a candidate; strings must outlive the object's job. */
void hidden_note(struct hidden_code *h, const struct hidden_candidate *c);

/* What follows where no command does: how sure a right is, whether a check of
 * two things is passed, whether an answer is given. */
const char *hidden_effect(float right, bool check, bool verdict);

/* Whether something happens behind block `to` only: a call that does more than
 * look, a constant that is kept. */
bool hidden_acts(struct hidden_code *h, const struct code_function *f,
		 uint32_t to);

/* Notes what runs only behind block `to` after call or compare c, as what a
 * file, a variable or a date opens. False: nothing strong, which is a hint
 * where there is a literal. */
bool hidden_note_gate(struct hidden_code *h, const struct code_function *f,
		      const struct code_call *c, uint32_t to, float extra,
		      struct fw_view literal, const char *trigger);

/* Joins the candidates of one place, best first; how many are told of. */
size_t hidden_join(struct hidden_code *h);

/* How odd a literal is, 0 to 4: what a person would not write for a name, an
 * option, a file or a message, and few programs contain. */
float hidden_oddness(struct fw_view literal);

/* The same of what something is compared with: a whole format is odd there. */
float hidden_how_odd(const struct code_compare *c);

/* Whether a call compares no more than the head of a longer text with its
 * literal: a parser's work. */
bool hidden_is_head(const struct hidden_code *h, const struct code_compare *c,
		    const struct code_known *k);

/* Whether it says one of those; from may be NULL. */
bool hidden_is_from(const char *from, const char *what);

bool hidden_has_lower(struct fw_view t);

/* Whether its last character leads on to what follows: "key=", "page/". */
bool hidden_is_open(struct fw_view t);

/* Whether all of it can be printed. */
bool hidden_is_text(struct fw_view t);

/* Letters of a literal that is more than a word of some protocol. */
enum { HIDDEN_LONG = 5 };

/* Whether all of a literal is compared byte by byte: nobody writes out so what
 * he would not hide. */
bool hidden_is_by_byte(const struct code_compare *c);

/* Whether a number looks like the mark of a format or of a structure. */
bool hidden_is_mark(uint64_t n);

/* "$apr1$": the mark of a way to keep passwords. */
bool hidden_is_scheme(struct fw_view t);

/* Whether a text is given out for everybody, or is a parameter's name: that no
 * other program has it says nothing then. */
bool hidden_is_given_out(struct fw_view t);

/* What the look of a compare's literal adds to, or mostly takes from, its
 * score; odd: as hidden_how_odd() has it. */
float hidden_looks(const struct code_compare *c, float odd);

/* Whether anybody but its user can talk to the program: it listens, receives,
 * reads the boot line, or answers a web server's requests. */
bool hidden_is_reached(const struct hidden_code *h);

/* "SystemUpdateID": words put together, each with a capital. */
bool hidden_is_joined(struct fw_view literal);

/* "Content-Length", "X-Trace-Id": the names of a protocol's headers. */
bool hidden_is_header(struct fw_view literal);

/* Words that every program compares before it does something ordinary. */
bool hidden_is_ordinary(struct fw_view literal);

/* Whether a name stands inside of another text of the program: a help text, a
 * usage line, a message. Rarely true where it does not. */
bool hidden_is_told(struct hidden_code *h, struct fw_view name);

/* How many other texts of the program begin with the same six bytes: words of
 * one name space do. At most 255, and seldom more than there are. */
size_t hidden_kin(struct hidden_code *h, struct fw_view name);

/* What the words of a literal are, of four letters or digits and more. */
enum hidden_wording {
	HIDDEN_WORDLESS,    /* it has none, or there is no table of words */
	HIDDEN_KNOWN_WORDS, /* other programs use them, or this one elsewhere */
	HIDDEN_OWN_WORD	    /* one that stands nowhere else */
};
enum hidden_wording hidden_wording(struct hidden_code *h,
				   struct fw_view literal);

/* own for the one, -known for the other, and 0 without words. What is compared
 * in place may be a part of a text, that begins or ends within a word. */
float hidden_by_wording(struct hidden_code *h, const struct code_compare *c,
			float own, float known);

/* A field of an object, by its offset, or a global variable, by its address. */
struct hidden_place {
	bool global;
	uint64_t place;
	uint64_t mask; /* of the bits that are asked for; 0: all */
	bool lost;     /* what may be no object */
};

/* Where a compared value is kept; false: it is no field and no variable. */
bool hidden_place_of(const struct hidden_code *h, code_id subject,
		     struct hidden_place *to);

/* An object on the stack is another function's once it is given to a call: the
 * offset in it of what a value was loaded from, or of an address (given as it
 * is on the stack). Of the n-th argument that it fits; n is moved on. False: no
 * more. */
bool hidden_place_on_stack(const struct hidden_code *h,
			   const struct code_function *f, code_id subject,
			   size_t *n, struct hidden_place *to);
bool hidden_offset_on_stack(const struct hidden_code *h,
			    const struct code_function *f, uint64_t at,
			    size_t *n, struct hidden_place *to);

/* A compare in words, up to the value: "what is received equals". */
const char *hidden_trigger(struct hidden_code *h, const struct code_compare *c,
			   const char *from);

/* Some of what hidden_origin() says. */
#define HIDDEN_BROUGHT "what a request brings"
#define HIDDEN_TIME    "the time"
#define HIDDEN_HOST    "the host's name"
#define HIDDEN_OF_FILE "what a file holds"

/* How sure it is, 0 to 3.5, that equality gives a right which others have to
 * prove: it sets a field or a variable that else a check of a password sets, or
 * without which the program says no. */
float hidden_right(struct hidden_code *h, const struct code_function *f,
		   const struct code_compare *c);

/* In words where a compared value comes from ("bytes that are received"), and
 * whether that is outside of the program; NULL when it cannot be told. Asks the
 * function's callers, and theirs, where it is an argument. */
const char *hidden_origin(struct hidden_code *h, const struct code_function *f,
			  code_id subject, bool *outside);

#endif
