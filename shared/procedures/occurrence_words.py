"""Occurrences in words, Chinese or English."""

from __future__ import annotations

from collections.abc import Mapping

from shared.procedures.describe import Language
from shared.procedures.milestones import DEADLINE, QUALIFIED_BY, split
from shared.procedures.model import Named, Procedure

OCCURRENCES_ZH: Mapping[str, str] = {
    "received": "收到投诉",
    "registered": "登记",
    "supplement-requested": "要求补充",
    "supplemented": "已补充",
    "admitted": "受理",
    "refused": "不予受理",
    "transferred-out": "转出",
    "merged": "并案",
    "withdrawn": "撤回",
    "classified": "定类",
    "assigned": "交办",
    "reassigned": "改派",
    "escalated": "升级",
    "reopened": "重新办理",
    "repeated": "重复投诉",
    "accepted-by-department": "签收",
    "resolved": "办结",
    "closed": "结案",
    "archived": "归档",
    "extension-requested": "申请延期",
    "extension-approved": "批准延期",
    "extension-refused": "不予延期",
    "started": "开始计时",
    "warned": "预警",
    "breached": "超期",
    "met": "按期",
    "extended": "已延期",
    "paused": "暂停计时",
    "resumed": "恢复计时",
    "rescheduled": "期限变更",
    "cancelled": "取消计时",
    "breach-retracted": "撤销超期",
    "stopped-late": "逾期完成",
    "notified": "已通知",
    "notice-failed": "通知失败",
    "served": "已送达",
    "unserved": "未按期送达",
    "delivered": "已答复",
    "call-back-due": "待回访",
    "called-back": "回访",
    "call-attempted": "回访未接通",
    "unreached": "未能回访",
    "satisfied": "满意",
    "dissatisfied": "不满意",
    "report-opened": "报告期开始",
    "report-due": "报告应报",
    "report-recomputed": "报告重新统计",
    "report-rescheduled": "报告期限变更",
    "report-made": "报告已签报",
    "listed": "列入清单",
    "documented": "文书入卷",
    "numbered": "文书编号",
    "erased": "期满销毁",
    "copied": "文书分送完毕",
    "document-copied": "文书分送",
    "same-matter": "认定为同一事项",
    "same-matter-undone": "撤销同一事项认定",
    "assisting": "协办",
    "contributed": "协办意见",
    "counted": "计数变化",
    "overdue": "超期后提醒",
    "award-suggested": "建议赔付或处罚",
    "award-approved": "批准赔付或处罚",
    "award-refused": "不予赔付或处罚",
}
"""The occurrences that every procedure has, in Chinese; in English the word itself is the word."""


def occurrence_words(occurrence: str, procedure: Procedure, language: Language) -> str:
    """An occurrence as people call it: a milestone by its own name, a qualifier by the name of what it means."""
    zh = language == "zh"
    name, qualifier = split(occurrence)
    own = next((one.name for one in procedure.milestones if one.id == name), None)
    if own is not None:
        word = own.zh if zh else own.en
    else:
        word = OCCURRENCES_ZH.get(name, name) if zh else name.replace("-", " ")
    if qualifier is None:
        return word
    part = "clocks" if name in DEADLINE else QUALIFIED_BY.get(name)
    shown = _named(procedure, part, qualifier.partition(".")[0], zh=zh)
    return f"{word}（{shown}）" if zh else f"{word} ({shown})"


def _named(procedure: Procedure, part: str | None, id: str, *, zh: bool) -> str:
    elements = getattr(procedure, part) if part else ()
    found = next((one for one in elements if isinstance(one, Named) and one.id == id), None)
    return id if found is None else found.name.zh if zh else found.name.en
