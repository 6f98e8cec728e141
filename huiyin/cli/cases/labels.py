"""Our own words around a case, in both languages; a procedure's words come from the procedure."""

from __future__ import annotations

from collections.abc import Mapping

WORDS: Mapping[str, tuple[str, str]] = {
    "case": ("案件", "case"),
    "received": ("收到", "received"),
    "registered": ("登记", "registered"),
    "by": ("经", "by"),
    "class": ("类别", "class"),
    "department": ("承办单位", "department"),
    "level": ("层级", "level"),
    "missing": ("待补充", "asked for"),
    "rule": ("依据", "rule"),
    "duplicate_of": ("并入", "goes on in"),
    "same_matter": ("同一事项", "same matter as"),
    "duplicates": ("并入本案的", "holds also"),
    "clocks": ("期限", "Clocks"),
    "timeline": ("经过", "Timeline"),
    "notices": ("通知", "Notices"),
    "identity": ("身份与内容（本次查阅已记录）", "Identity and content (this reading is recorded)"),
    "due": ("到期", "due"),
    "cycle": ("第几轮", "cycle"),
    "left": ("还有", "left"),
    "over": ("已超过", "over"),
    "provisional": ("暂定", "provisional"),
    "none": ("无", "none"),
    "yes": ("是", "yes"),
    "no": ("否", "no"),
}
"""zh and en."""

STATES_ZH: Mapping[str, str] = {
    "held": "待受理审查",
    "admitted": "已受理",
    "assigned": "已交办",
    "accepted-by-department": "办理中",
    "resolved": "已办结",
    "closed": "已结案",
    "archived": "已归档",
    "reopened": "已重新办理",
    "refused": "不予受理",
    "transferred-out": "已转出",
    "merged": "已并案",
    "withdrawn": "已撤回",
    "running": "计时中",
    "paused": "已暂停",
    "breached": "已超期",
    "met": "按期完成",
    "stopped-late": "逾期完成",
    "cancelled": "已取消",
    "waiting": "待发送",
    "sending": "发送中",
    "sent": "已发送",
    "failed": "发送失败",
    "superseded": "已不必通知",
    "joined": "已并入另一通知",
}
"""States of cases, clocks and notices in Chinese; in English the word itself is the word."""
