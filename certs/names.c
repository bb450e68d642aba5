#include "certs/names.h"

#include <arpa/inet.h>

#define DNS_NAME_MAX 253
#define DNS_LABEL_MAX 63

/* An address in network byte order, as a certificate holds it. */
struct address {
	unsigned char bytes[16];
	int len; /* 4 or 16 */
};

static bool parse_address(const char *text, struct address *ret)
{
	ret->len = 4;
	if (inet_pton(AF_INET, text, ret->bytes) == 1)
		return true;
	ret->len = 16;
	return inet_pton(AF_INET6, text, ret->bytes) == 1;
}

static const char *print_address(struct arena *a, const struct address *address)
{
	char text[INET6_ADDRSTRLEN];

	inet_ntop(address->len == 4 ? AF_INET : AF_INET6, address->bytes, text, sizeof(text));
	return arena_dup(a, slice_of(text));
}

static bool is_dns_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
}

static bool is_label(struct slice label)
{
	if (label.len == 0 || label.len > DNS_LABEL_MAX)
		return false;
	if (label.ptr[0] == '-' || label.ptr[label.len - 1] == '-')
		return false;
	for (size_t i = 0; i < label.len; i++) {
		if (!is_dns_char(label.ptr[i]))
			return false;
	}
	return true;
}

/* All digits and dots, yet no address ("10.0.0.300"): a typing error, not a name. */
static bool looks_like_address(struct slice name)
{
	for (size_t i = 0; i < name.len; i++) {
		if (name.ptr[i] != '.' && (name.ptr[i] < '0' || name.ptr[i] > '9'))
			return false;
	}
	return true;
}

static bool is_dns_name(struct slice name)
{
	if (name.len == 0 || name.len > DNS_NAME_MAX || looks_like_address(name) || name.ptr[name.len - 1] == '.')
		return false;
	do {
		if (!is_label(slice_cut(&name, '.')))
			return false;
	} while (name.len > 0);
	return true;
}

static char *lower(struct arena *a, const char *text)
{
	char *copy = arena_dup(a, slice_of(text));

	for (char *c = copy; *c; c++) {
		if (*c >= 'A' && *c <= 'Z')
			*c = (char)(*c + ('a' - 'A'));
	}
	return copy;
}

static bool has(const struct names *names, const char *name)
{
	for (size_t i = 0; i < names->count; i++) {
		if (strcmp(names->items[i], name) == 0)
			return true;
	}
	return false;
}

static const char *canonical(struct arena *a, const char *text)
{
	struct address address;

	if (parse_address(text, &address))
		return print_address(a, &address);
	const char *name = lower(a, text);
	return is_dns_name(slice_of(name)) ? name : NULL;
}

int names_add(struct names *names, const char *text, struct err *err)
{
	const char *name = canonical(names->arena, text);

	if (!name)
		return err_set(err, "'%s' is neither a DNS name nor an IP address", text);
	if (has(names, name))
		return 0;
	if (names->count == NAMES_MAX)
		return err_set(err, "more than %d names", NAMES_MAX);
	names->items[names->count++] = name;
	return 0;
}

/* A name with a NUL inside would be cut short by every C reader: refuse it. */
static int add_string(struct names *names, const ASN1_STRING *string, struct err *err)
{
	struct slice text = {(const char *)ASN1_STRING_get0_data(string), (size_t)ASN1_STRING_length(string)};

	if (text.len > 0 && memchr(text.ptr, '\0', text.len))
		return err_set(err, "a DNS name of the certificate holds a NUL byte");
	return names_add(names, arena_dup(names->arena, text), err);
}

static int add_octets(struct names *names, const ASN1_OCTET_STRING *octets, struct err *err)
{
	struct address address = {.len = ASN1_STRING_length(octets)};

	if (address.len != 4 && address.len != 16)
		return err_set(err, "an IP address of %d bytes in the certificate", address.len);
	memcpy(address.bytes, ASN1_STRING_get0_data(octets), (size_t)address.len);
	return names_add(names, print_address(names->arena, &address), err);
}

int names_add_of(struct names *names, const X509 *cert, struct err *err)
{
	CLEANUP(names) GENERAL_NAMES *list = X509_get_ext_d2i(cert, NID_subject_alt_name, NULL, NULL);
	int rc = 0;

	for (int i = 0; rc == 0 && i < sk_GENERAL_NAME_num(list); i++) {
		const GENERAL_NAME *name = sk_GENERAL_NAME_value(list, i);

		if (name->type == GEN_DNS)
			rc = add_string(names, name->d.dNSName, err);
		else if (name->type == GEN_IPADD)
			rc = add_octets(names, name->d.iPAddress, err);
	}
	return rc;
}

bool names_cover(const struct names *names, const struct names *wanted)
{
	for (size_t i = 0; i < wanted->count; i++) {
		if (!has(names, wanted->items[i]))
			return false;
	}
	return true;
}

static GENERAL_NAME *general_name(const char *text)
{
	GENERAL_NAME *name = GENERAL_NAME_new();
	struct address address;
	bool is_address = parse_address(text, &address);
	ASN1_STRING *value = is_address ? ASN1_OCTET_STRING_new() : ASN1_IA5STRING_new();
	const void *bytes = is_address ? (const void *)address.bytes : text;

	if (!name || !value || !ASN1_STRING_set(value, bytes, is_address ? address.len : (int)strlen(text))) {
		GENERAL_NAME_free(name);
		ASN1_STRING_free(value);
		return NULL;
	}
	GENERAL_NAME_set0_value(name, is_address ? GEN_IPADD : GEN_DNS, value);
	return name;
}

int names_put(const struct names *names, X509 *cert, struct err *err)
{
	CLEANUP(names) GENERAL_NAMES *list = GENERAL_NAMES_new();

	for (size_t i = 0; list && i < names->count; i++) {
		GENERAL_NAME *name = general_name(names->items[i]);

		if (!name || sk_GENERAL_NAME_push(list, name) <= 0) {
			GENERAL_NAME_free(name);
			return ossl_err(err, "cannot build the subjectAltName");
		}
	}
	if (!list || X509_add1_ext_i2d(cert, NID_subject_alt_name, list, 0, X509V3_ADD_DEFAULT) != 1)
		return ossl_err(err, "cannot add the subjectAltName");
	return 0;
}
