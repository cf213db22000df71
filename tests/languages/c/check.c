/* Holds resize() against a set of vectors, and says which fault what fails looks like.
   cc -DVALUE=float check.c linear.c -lm -o check && ./check vectors/sets/half_pixel-linear-float32 */
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

void resize(const VALUE *in, int h, int w, int channels, VALUE *out, int out_h, int out_w);

static VALUE values[1 << 22], results[1 << 22]; /* a result stands where the right one stands in values */
static struct { char id[512], flags[4096]; int first, count, fails; } vectors[999], *v;

static double distance(const VALUE *a, const VALUE *b, int count) {
    double sum = 0;
    for (int i = 0; i < count; i++) sum += fabs((double)a[i] - b[i]);
    return sum;
}

int main(int argc, char **argv) {
    char path[4096], line[8192], id[512], flags[4001], looks[8192] = "no fault that has a flag\n";
    int h, w, channels, out_h, out_w, n = 0, failures = 0, words;
    long in, out;
    double tolerance, least = 0.1; /* the share of the error that a fault leaves unexplained */
    snprintf(path, sizeof path, "%s.bin", argv[argc - 1]);
    FILE *data = fopen(path, "rb");
    snprintf(path, sizeof path, "%s.txt", argv[argc - 1]);
    FILE *table = fopen(path, "r");
    if (!data || !table || !fread(values, sizeof(VALUE), sizeof values / sizeof(VALUE), data)) return 2;
    while (fgets(line, sizeof line, table)) {
        if (sscanf(line, "%511s %d %d %d %ld %d %d %ld %lf %4000s", id, &h, &w, &channels, &in, &out_h, &out_w, &out,
                   &tolerance, flags) != 10) continue; /* a comment */
        int first = out / sizeof(VALUE), count = out_h * out_w * channels, fails = 0;
        resize(values + in / sizeof(VALUE), h, w, channels, results + first, out_h, out_w);
        for (int i = first; i < first + count; i++) fails |= !(fabs((double)results[i] - values[i]) <= tolerance);
        if (fails) failures++, printf("FAIL %s %s\n", id, flags);
        v = &vectors[n++], v->first = first, v->count = count, v->fails = fails;
        strcpy(v->id, id), sprintf(v->flags, ",%s,", flags);
    }
    for (rewind(table); fgets(line, sizeof line, table);) {
        if (sscanf(line, "#= %511s %ld %n", id, &out, &words) != 2) continue; /* no example of a fault */
        int fits = 0;
        snprintf(flags, sizeof flags, ",%.*s,", (int)strcspn(line + words, ":"), line + words);
        for (int i = 0; i < n; i++) fits += vectors[i].fails == (strstr(vectors[i].flags, flags) != NULL);
        for (v = vectors; strcmp(v->id, id);) v++;
        double left = distance(results + v->first, values + out / sizeof(VALUE), v->count);
        left /= distance(results + v->first, values + v->first, v->count);
        if (left < least && 4 * fits >= 3 * n) least = left, strcpy(looks, line + words);
    }
    printf("%d of %d vectors fail\n", failures, n);
    if (failures) printf("looks like %s", looks);
    return n && !failures ? 0 : 1;
}
