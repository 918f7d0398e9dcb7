"""Writes packages/evaluation/test/golden/*.json: scikit-learn's metrics (1.2 or later).

Run: python3 tools/golden/evaluation.py
"""

import json
import warnings
from pathlib import Path

import numpy as np
from sklearn import metrics

warnings.filterwarnings("error")
random = np.random.default_rng(7)


def softmax(x):
    e = np.exp(x - x.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


def classification(labels, logits, predictions=None, classes=None):
    logits = np.asarray(logits, dtype=np.float64)
    labels = np.asarray(labels)
    count = classes or logits.shape[1]
    predicted = logits.argmax(axis=1) if predictions is None else np.asarray(predictions)
    names = list(range(count))
    report = metrics.classification_report(labels, predicted, labels=names, output_dict=True, zero_division=0)
    average = lambda kind: {"precision": report[kind]["precision"], "recall": report[kind]["recall"],
                            "f1": report[kind]["f1-score"], "support": int(report[kind]["support"])}
    case = {
        "labels": labels.tolist(),
        "predictions": predicted.tolist(),
        "classCount": count,
        "accuracy": metrics.accuracy_score(labels, predicted),
        "confusionMatrix": metrics.confusion_matrix(labels, predicted, labels=names).tolist(),
        "classes": [average(str(name)) for name in names],
        "macroAverage": average("macro avg"),
        "weightedAverage": average("weighted avg"),
    }
    if predictions is None:
        probabilities = softmax(logits)
        case["logits"] = logits.tolist()
        case["probabilities"] = probabilities.tolist()
        case["logLoss"] = metrics.log_loss(labels, probabilities, labels=names)
        if count > 2:
            case["topK"] = [metrics.top_k_accuracy_score(labels, logits, k=k, labels=names) for k in range(1, count)]
    return case


cases = [
    classification(random.integers(0, 5, 60), random.normal(size=(60, 5)) * 2),
    # class 3 has no example, and class 0 is never predicted
    classification([0, 1, 2, 1, 2, 2, 0, 4], random.normal(size=(8, 5)) + [-9, 0, 0, 0, 0]),
    classification([0, 1, 1, 0, 1, 1], random.normal(size=(6, 2))),
    classification([2, 2, 2], np.eye(3)[[2, 2, 2]], predictions=[2, 2, 2]),
    classification([0, 0, 1], np.eye(4)[[0, 0, 0]], predictions=[3, 3, 3]),
    # certain and wrong: clipping
    {**classification([0, 1, 1], [[1000.0, 0.0], [1000.0, 0.0], [0.0, 1000.0]])},
]

regression = []
for shape in [(40,), (25, 3), (2,)]:
    targets = random.normal(size=shape) * 3 + 10
    predictions = targets + random.normal(size=shape)
    regression.append({
        "targets": targets.tolist(),
        "predictions": predictions.tolist(),
        "meanSquaredError": metrics.mean_squared_error(targets, predictions),
        "meanAbsoluteError": metrics.mean_absolute_error(targets, predictions),
        "r2Score": metrics.r2_score(targets, predictions),
    })
for targets, predictions in [([2.0, 2.0, 2.0], [2.0, 2.0, 2.0]), ([2.0, 2.0, 2.0], [2.0, 2.0, 3.0]), ([1.0, 2.0], [9.0, -9.0])]:
    regression.append({
        "targets": targets,
        "predictions": predictions,
        "meanSquaredError": metrics.mean_squared_error(targets, predictions),
        "meanAbsoluteError": metrics.mean_absolute_error(targets, predictions),
        "r2Score": metrics.r2_score(targets, predictions),
    })

def weighted(n):
    return np.round(random.random(n) * 3, 3) * (random.random(n) > 0.1)


def classes_case(n, count, weights):
    labels = random.integers(0, count, n)
    logits = random.normal(size=(n, count)).round(3)
    predicted = logits.argmax(axis=1)
    probabilities = softmax(logits)
    scores = {}
    for name, score in [("precision", metrics.precision_score), ("recall", metrics.recall_score), ("f1Score", metrics.f1_score)]:
        for average in ["macro", "weighted", "micro"] + (["binary"] if count == 2 else []):
            scores[f"{name} {average}"] = score(labels, predicted, average=average, sample_weight=weights, zero_division=0)
    case = {
        "labels": labels.tolist(), "logits": logits.tolist(), "probabilities": probabilities.tolist(),
        "weights": None if weights is None else weights.tolist(), "scores": scores,
        "accuracy": metrics.accuracy_score(labels, predicted, sample_weight=weights),
        "logLoss": metrics.log_loss(labels, probabilities, labels=range(count), sample_weight=weights),
    }
    if count > 2:
        case["top2"] = metrics.top_k_accuracy_score(labels, logits, k=2, labels=range(count), sample_weight=weights)
    return case


def ranking_case(n, digits, weights):
    labels = random.integers(0, 2, n)
    labels[:2] = [0, 1]
    probabilities = np.clip(np.round(0.5 * random.random(n) + 0.4 * labels * random.random(n), digits), 0.001, 0.999)
    return {
        "labels": labels.tolist(), "probabilities": probabilities.tolist(),
        "weights": None if weights is None else weights.tolist(),
        "rocAuc": metrics.roc_auc_score(labels, probabilities, sample_weight=weights),
        "averagePrecision": metrics.average_precision_score(labels, probabilities, sample_weight=weights),
        "brierScore": metrics.brier_score_loss(labels, probabilities, sample_weight=weights),
        "logLoss": metrics.log_loss(labels, probabilities, labels=[0, 1], sample_weight=weights),
        "accuracy": metrics.accuracy_score(labels, probabilities > 0.5, sample_weight=weights),
    }


def numbers_case(shape, weights):
    targets = (random.normal(size=shape) * 3 + 10).round(4)
    predictions = (targets + random.normal(size=shape)).round(4)
    case = {
        "targets": targets.tolist(), "predictions": predictions.tolist(),
        "weights": None if weights is None else weights.tolist(),
        "meanSquaredError": metrics.mean_squared_error(targets, predictions, sample_weight=weights),
        "meanAbsoluteError": metrics.mean_absolute_error(targets, predictions, sample_weight=weights),
        "meanAbsolutePercentageError": metrics.mean_absolute_percentage_error(targets, predictions, sample_weight=weights),
        "r2Score": metrics.r2_score(targets, predictions, sample_weight=weights),
    }
    if weights is None:
        case["medianAbsoluteError"] = metrics.median_absolute_error(targets, predictions)
    return case


def labels_case(n, count, weights):
    targets = (random.random((n, count)) < 0.4).astype(int)
    targets[0], targets[1] = 0, 1
    logits = (random.normal(size=(n, count)) + targets).round(3)
    predicted = (logits > 0).astype(int)
    probabilities = 1 / (1 + np.exp(-logits))
    each = metrics.precision_recall_fscore_support(targets, predicted, sample_weight=weights, zero_division=0)
    scores = {f"{average}F1": metrics.f1_score(targets, predicted, average=average, sample_weight=weights, zero_division=0)
              for average in ["macro", "micro", "weighted"]}
    return {
        "targets": targets.tolist(), "logits": logits.tolist(),
        "weights": None if weights is None else weights.tolist(),
        "labels": [{"precision": p, "recall": r, "f1": f, "support": float(c)} for p, r, f, c in zip(*each)],
        **scores,
        "exactMatch": metrics.accuracy_score(targets, predicted, sample_weight=weights),
        "hammingLoss": metrics.hamming_loss(targets, predicted, sample_weight=weights),
        "logLoss": float(np.mean([metrics.log_loss(targets[:, i], probabilities[:, i], labels=[0, 1], sample_weight=weights)
                                  for i in range(count)])),
        "macroRocAuc": metrics.roc_auc_score(targets, logits, average="macro", sample_weight=weights),
        "macroAveragePrecision": metrics.average_precision_score(targets, logits, average="macro", sample_weight=weights),
    }


streaming = {
    "classes": [classes_case(40, 5, None), classes_case(50, 4, weighted(50)), classes_case(30, 2, None), classes_case(30, 2, weighted(30))],
    "rankings": [ranking_case(60, 6, None), ranking_case(60, 1, None), ranking_case(70, 1, weighted(70))],
    "numbers": [numbers_case((40,), None), numbers_case((33, 3), None), numbers_case((33, 3), weighted(33)), numbers_case((41,), weighted(41))],
    "labels": [labels_case(40, 4, None), labels_case(40, 3, weighted(40))],
}

folder = Path(__file__).parents[2] / "packages/evaluation/test/golden"
folder.mkdir(parents=True, exist_ok=True)
(folder / "classification.json").write_text(json.dumps(cases) + "\n")
(folder / "regression.json").write_text(json.dumps(regression) + "\n")
(folder / "streaming.json").write_text(json.dumps(streaming) + "\n")
