/* Prints where the kernel's own headers put what a signal frame holds: name, offset or size. */
#include <stddef.h>
#include <linux/types.h>
#include <asm/signal.h>
#include <asm/siginfo.h>
#include <asm/sigcontext.h>
#include <asm/ucontext.h>
#include <stdio.h>

struct frame { /* the kernel keeps this one to itself */
	char *pretcode;
	struct ucontext uc;
	struct siginfo info;
};

#define AT(name, field) printf("%s %zu\n", name, offsetof(struct frame, field))
#define VALUE(name, v) printf("%s %llu\n", name, (unsigned long long)(v))

int main(void)
{
	AT("restorer", pretcode);
	AT("flags", uc.uc_flags);
	AT("link", uc.uc_link);
	AT("stack", uc.uc_stack.ss_sp);
	AT("stack flags", uc.uc_stack.ss_flags);
	AT("stack size", uc.uc_stack.ss_size);
	AT("regs", uc.uc_mcontext.r8);
	AT("rsp", uc.uc_mcontext.rsp);
	AT("rip", uc.uc_mcontext.rip);
	AT("rflags", uc.uc_mcontext.eflags);
	AT("cs", uc.uc_mcontext.cs);
	AT("err", uc.uc_mcontext.err);
	AT("trapno", uc.uc_mcontext.trapno);
	AT("oldmask", uc.uc_mcontext.oldmask);
	AT("cr2", uc.uc_mcontext.cr2);
	AT("fpstate", uc.uc_mcontext.fpstate);
	AT("mask", uc.uc_sigmask);
	AT("info", info);
	VALUE("frame", sizeof(struct frame));
	VALUE("siginfo", sizeof(struct siginfo));
	VALUE("sw", offsetof(struct _fpstate_64, sw_reserved));
	VALUE("sw extended", offsetof(struct _fpstate_64, sw_reserved) + offsetof(struct _fpx_sw_bytes, extended_size));
	VALUE("sw features", offsetof(struct _fpstate_64, sw_reserved) + offsetof(struct _fpx_sw_bytes, xfeatures));
	VALUE("sw xstate", offsetof(struct _fpstate_64, sw_reserved) + offsetof(struct _fpx_sw_bytes, xstate_size));
	VALUE("xsave header", offsetof(struct _xstate, xstate_hdr));
	VALUE("magic1", FP_XSTATE_MAGIC1);
	VALUE("magic2", FP_XSTATE_MAGIC2);
	VALUE("uc flags", UC_FP_XSTATE | UC_SIGCONTEXT_SS | UC_STRICT_RESTORE_SS);
	VALUE("action", sizeof(struct sigaction));
	VALUE("action flags", offsetof(struct sigaction, sa_flags));
	VALUE("action restorer", offsetof(struct sigaction, sa_restorer));
	VALUE("action mask", offsetof(struct sigaction, sa_mask));
	VALUE("code", offsetof(struct siginfo, si_code));
	VALUE("addr", offsetof(struct siginfo, si_addr));
	VALUE("uid", offsetof(struct siginfo, si_uid));
	VALUE("value", offsetof(struct siginfo, si_value));
	VALUE("status", offsetof(struct siginfo, si_status));
	VALUE("stime", offsetof(struct siginfo, si_stime));
	VALUE("overrun", offsetof(struct siginfo, si_overrun));
	VALUE("minstack", MINSIGSTKSZ);
	return 0;
}
